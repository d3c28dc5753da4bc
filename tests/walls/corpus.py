"""The bad-input corpus by family: fields, bodies, headers, queries, files, OAuth forms, page forms.

A case is one request with exactly one thing wrong in it; everything else would be accepted. Sources: the reliability
plan (4.4, 4.5), the big list of naughty strings, the JSON parsing minefield, RFC 6749 and 9112.
"""

from __future__ import annotations

import bz2
import copy
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.bad_input import CORPUS
from tests.walls.tenants import Tenant, a_purchase
from tests.walls.wrong_fields import WRONG, good_bodies

_JSON = "application/json"


_LISTS = {
    "purchase": "lines",
    "return": "lines",
    "member": "identifiers",
    "basket": "lines",
    "stock": "items",
    "endpoint": "event_types",
}


class Case(NamedTuple):
    """A request that has to be refused. `who`: the tenant's client, nobody, or one of its people."""

    name: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012
    who: str = "client"


def cases(mine: Tenant) -> list[Case]:
    """The whole corpus, by name."""
    families = (_fields, _bodies, _arrays, _headers, _queries, _addresses, _files, _oauth, _pages)
    found = [case for family in families for case in family(mine)]
    assert len({case.name for case in found}) == len(found)
    return found


def _fields(mine: Tenant) -> Iterator[Case]:
    good = good_bodies(mine)
    for family, fields in WRONG.items():
        method, path, body = good[family]
        for pointer, values in fields:
            for name, value in values.items():
                yield Case(f"{family}: {pointer} {name}", method, path, _with(body, pointer, value), _typed(_JSON))


def _with(body: dict[str, Any], pointer: str, value: Any) -> bytes:
    changed = copy.deepcopy(body)
    place: Any = changed
    *way, last = pointer.split("/")
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    place[int(last) if isinstance(place, list) else last] = value
    text = json.dumps(changed)
    return text.replace("Infinity", "1e400").encode()


def _typed(content_type: str, **more: str) -> dict[str, str]:
    return {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in more.items()}}


def _bodies(mine: Tenant) -> Iterator[Case]:
    for path in ("/purchases", "/members", "/holds"):
        for name, (body, _) in CORPUS.items():
            yield Case(f"body: {name} to {path}", "POST", path, body, _typed(_JSON))
        whole = json.dumps(
            good_bodies(mine)[{"/purchases": "purchase", "/members": "member", "/holds": "hold"}[path]][2]
        )
        more = {
            "empty": b"",
            "white space": b" \n",
            "two documents": (whole + whole).encode(),
            "a comma at the end": whole[:-1].encode() + b",}",
            "single quotes": whole.replace('"', "'").encode(),
            "a comment": b"/* x */" + whole.encode(),
            "UTF-16": whole.encode("utf-16"),
            "a byte order mark": b"\xef\xbb\xbf" + whole.encode(),
            "over two megabytes": b'{"a":"' + b"x" * 2_100_000 + b'"}',
            "a million members": b'{"zq":[' + b"1," * 900_000 + b"1]}",
            "__proto__": b'{"__proto__":{"admin":true}}',
            "an escaped NUL as name": b'{"a\\u0000":1}',
        }
        for name, body in more.items():
            yield Case(f"body: {name} to {path}", "POST", path, body, _typed(_JSON))


def _arrays(mine: Tenant) -> Iterator[Case]:
    """A million items, and as many as a body can hold, wherever a list is taken."""
    good = good_bodies(mine)
    for family, pointer in _LISTS.items():
        method, path, body = good[family]
        kinds = {"as many as fit": (b"0", 990_000)}
        if family in ("purchase", "member"):
            kinds |= {"a million": (b"0", 1_000_000), "objects": (b"{}", 600_000)}
        for name, (item, count) in kinds.items():
            whole = _with(body, pointer, ["zq"]).replace(b'["zq"]', b"[" + (item + b",") * count + item + b"]")
            yield Case(f"array: {family} {pointer} {name}", method, path, whole, _typed(_JSON))
    many = b"{" + b",".join(b'"a%d":1' % at for at in range(20_000)) + b"}"
    yield Case("array: twenty thousand unknown members", "POST", "/members", many, _typed(_JSON))


def _headers(mine: Tenant) -> Iterator[Case]:
    body = json.dumps(a_purchase(mine, "zq-bad")).encode()
    tokens = {
        "none": "",
        "no word": " ",
        "another scheme": f"Basic {mine.token}",
        "without a token": "Bearer ",
        "token twice": f"Bearer {mine.token} {mine.token}",
        "cut off": f"Bearer {mine.token[:-1]}",
        "longer by one": f"Bearer {mine.token}x",
        "upper case": f"Bearer {mine.token.upper()}",
        "a megabyte": "Bearer " + "x" * 1_000_000,
        "alg none": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
        "SQL": "Bearer ' OR 1=1 --",
        "Latin-1": "Bearer caf\xe9",
    }
    for name, token in tokens.items():
        yield Case(f"header: token {name}", "POST", "/purchases", body, _typed(_JSON, Authorization=token), "nobody")
    yield Case("header: token in the address", "GET", f"/statements?access_token={mine.token}", who="nobody")
    for kind in ("text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", ""):
        yield Case(f"header: content type {kind or 'none'}", "POST", "/purchases", body, _typed(kind))
    for name, key in {"empty": "", "256 long": "k" * 256, "10,000 long": "k" * 10_000}.items():
        headers = _typed(_JSON, Idempotency_Key=key)
        yield Case(f"header: Idempotency-Key {name}", "POST", "/purchases", body, headers)
    for name, tag in {"other": '"other"', "weak": 'W/"x"', "many": ", ".join(f'"{n}"' for n in range(500))}.items():
        patch = json.dumps({"profile": {"first_name": "X"}}).encode()
        headers = _typed(_JSON, If_Match=tag)
        yield Case(f"header: If-Match {name}", "PATCH", f"/members/{mine.ids['member']}", patch, headers)


def _queries(mine: Tenant) -> Iterator[Case]:
    lists = [
        "/statements",
        "/disputes",
        "/reconciliations",
        "/catalog/rewards",
        "/registry-mappings",
        "/currencies",
        "/proofs/heads",
        "/webhook-endpoints",
        "/changes",
        f"/members/{mine.ids['member']}/movements",
        f"/registries/{mine.ids['registry']}/rejections",
        f"/statements/{mine.ids['statement']}/lines",
    ]
    limits = ("0", "-1", "201", "abc", "1.5", "1e3", "٥0", "99999999999999999999", "%00", "true", "[]")
    cursors = (
        "!",
        "bm9ib2R5",
        "e30",
        "WzFd" * 300,
        "W251bGxd",
        "WyJhXHUwMDAwIl0",
        "%00",
        "WzFlNDAwXQ",
        "..%2F..%2Fetc",
    )
    for path in lists:
        short = path.replace(mine.ids["member"], "x").replace(mine.ids["statement"], "x")
        for limit in limits:
            yield Case(f"query: {short} limit {limit}", "GET", f"{path}?limit={limit}")
        for at, cursor in enumerate(cursors):
            yield Case(f"query: {short} cursor {at}", "GET", f"{path}?cursor={cursor}")
        yield Case(f"query: {short} unknown parameter", "GET", f"{path}?zq=1")
    for name in (
        "min_points=-1",
        "max_points=1.5",
        "min_points=9" + "9" * 30,
        "sort=price;drop",
        "kind=tattoo",
        "in_stock=x",
    ):
        yield Case(f"query: rewards {name[:20]}", "GET", f"/catalog/rewards?{name}")
    for name in ("member=anna", "member=card:", "member=mbr_", "q=%00", "q=" + "x" * 5_000, "category=%00"):
        yield Case(f"query: rewards {name[:20]}", "GET", f"/catalog/rewards?{name}")
    for period in ("2026-13", "26-11", "%00", "'", "2026-W99", "9999999999"):
        yield Case(
            f"query: reconciliation of {period}",
            "POST",
            f"/reconciliations?period={period}",
            b"{}",
            _typed("application/x-ndjson"),
        )
    for size in ("0", "-1", "abc", str(2**63), "%00"):
        yield Case(f"query: consistency from {size}", "GET", f"/proofs/heads/1/consistency?from={size}")


def _addresses(mine: Tenant) -> Iterator[Case]:
    wrong = (
        "x",
        "%00",
        "..%2F..%2Fetc%2Fpasswd",
        "mbr_" + "z" * 13,
        "mbr_" + "0" * 12,
        "mbr_" + "I" * 13,
        "x" * 5_000,
        "%FF%FE",
    )
    for path in (
        "/members/{}",
        "/purchases/{}",
        "/holds/{}",
        "/orders/{}",
        "/statements/{}",
        "/registries/{}",
        "/disputes/{}",
    ):
        for at, part in enumerate(wrong):
            yield Case(f"address: {path} {at}", "GET", path.format(part))


def _files(mine: Tenant) -> Iterator[Case]:
    """What is refused before it is stored; what a file holds is judged by its job."""
    good = json.dumps(a_purchase(mine, "zq-bad")).encode() + b"\n"
    ways = {
        "empty": (b"", "application/x-ndjson", ""),
        "JSON": (b"{}", _JSON, ""),
        "table without a mapping": (b"a;b\n1;2\n", "text/csv", ""),
        "unknown mapping": (b"a;b\n", "text/csv", "?mapping=zq-none"),
        "mapping with NUL": (b"a;b\n", "text/csv", "?mapping=%00"),
        "unknown source": (good, "application/x-ndjson", "?source=zq-none"),
        "form without a file": (b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", ""),
        "form cut off": (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x", ""),
        "form without a boundary": (good, "multipart/form-data", ""),
        "dry run of words": (good, "application/x-ndjson", "?dry_run=perhaps"),
        "unknown parameter": (good, "application/x-ndjson", "?zq=1"),
    }
    for name, (body, kind, query) in ways.items():
        yield Case(f"registry: {name}", "POST", f"/registries{query}", body, _typed(kind))
        if name not in ("unknown source", "dry run of words"):
            more = f"{query}&period=2026-05" if query else "?period=2026-05"
            yield Case(f"reconciliation: {name}", "POST", f"/reconciliations{more}", body, _typed(kind))
    runs = f"/suppliers/{mine.ids['code']}/feeds/{mine.ids['feed']}/runs"
    for name in ("JSON", "form without a file", "form without a boundary", "unknown parameter"):
        body, kind, query = ways[name]
        yield Case(f"feed: {name}", "POST", f"{runs}{query}", body, _typed(kind))
    yield Case(
        "feed: unknown feed", "POST", runs.replace(mine.ids["feed"], "zq-none"), b"<x/>", _typed("application/xml")
    )


def _oauth(mine: Tenant) -> Iterator[Case]:
    form = "application/x-www-form-urlencoded"
    bodies = {
        "empty": "",
        "JSON": "{}",
        "no grant": "client_id=x",
        "unknown grant": "grant_type=telepathy",
        "password grant": "grant_type=password&username=a&password=b",
        "implicit": "grant_type=implicit",
        "grant twice": "grant_type=client_credentials&grant_type=client_credentials",
        "unknown client": "grant_type=client_credentials&client_id=client_0000&client_secret=x",
        "SQL as client": "grant_type=client_credentials&client_id=%27+OR+1%3D1&client_secret=x",
        "NUL as client": "grant_type=client_credentials&client_id=%00&client_secret=%00",
        "invalid UTF-8": "grant_type=client_credentials&client_id=%FF%FE&client_secret=%FF",
        "client without a secret": "grant_type=client_credentials&client_id=client_0000",
        "code of nobody": "grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Fx.example",
        "refresh of nobody": "grant_type=refresh_token&refresh_token=x",
        "assertion alg none": "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
        "client-assertion-type%3Ajwt-bearer&client_assertion=eyJhbGciOiJub25lIn0.e30.",
        "long": "grant_type=client_credentials&client_id=" + "x" * 20_000,
        "a thousand parameters": "&".join(f"p{n}=1" for n in range(2_000)),
    }
    for name, text in bodies.items():
        yield Case(f"oauth: token {name}", "POST", "/oauth/token", text.encode(), _typed(form), "nobody")
        if name.startswith(("empty", "JSON", "unknown client", "NUL", "long", "SQL", "a thousand")):
            for path in ("/oauth/revoke", "/oauth/introspect"):
                yield Case(f"oauth: {path} {name}", "POST", path, text.encode(), _typed(form), "nobody")
    for name, header in {
        "not Base64": "Basic !",
        "no colon": "Basic eA==",
        "NUL": "Basic ADoA",
        "long": "Basic " + "A" * 9_000,
    }.items():
        headers = _typed(form, Authorization=header)
        yield Case(f"oauth: Basic {name}", "POST", "/oauth/token", b"grant_type=client_credentials", headers, "nobody")
    for name in (
        "",
        "?client_id=%00",
        "?client_id=x&client_id=y",
        "?response_type=token&client_id=x",
        "?scope=" + "x" * 5_000,
    ):
        yield Case(f"oauth: authorize {name[:30]}", "GET", f"/oauth/authorize{name}", who="member")


def _pages(mine: Tenant) -> Iterator[Case]:
    form = _typed("application/x-www-form-urlencoded")
    order = f"/orders/{mine.ids['order']}"
    forms = {
        "cart: no reward": ("/cart", b"reward=x"),
        "cart: NUL": ("/cart", b"reward=%00&qty=1"),
        "cart: half": ("/cart", f"reward={mine.ids['reward']}&qty=1.5".encode()),
        "cart: 2**70": ("/cart", f"reward={mine.ids['reward']}&qty={2**70}".encode()),
        "wish: nothing": ("/wishes", b""),
        "wish: NUL": ("/wishes", b"reward=%00"),
        "wish: invalid UTF-8": ("/wishes", b"reward=%FF%FE"),
        "return: of nothing": (f"{order}/return", b"line=x"),
        "codes: of another": ("/orders/ord_zzzzzzzzzzzzz/codes", b""),
        "family: nobody": ("/account/family/fam_x/accept", b""),
        "JSON to a form": ("/cart", b"{}"),
    }
    for name, (path, body) in forms.items():
        headers = _typed(_JSON) if name.startswith("JSON") else form
        yield Case(f"page: {name}", "POST", path, body, headers, "member")
    for path in (
        "/rewards/x",
        "/rewards/%00",
        "/orders/%FF",
        "/?cursor=!",
        "/account/history?cursor=!",
    ):
        yield Case(f"page: {path}", "GET", path, who="member")
    for path in (
        "/portal/statements/x",
        "/portal/disputes/%00",
        "/portal/operations/pur_x",
        "/portal/acts/x/y",
        "/portal/members/%FF",
    ):
        yield Case(f"page: {path}", "GET", path, who="partner_admin")


def a_bomb(ratio: int = 1000) -> bytes:
    """A gzip file that becomes a thousand times as large: one line without an end."""
    return gzip.compress(b"x" * (ratio * 20_000))


def worthless_files() -> dict[str, tuple[bytes, str]]:
    """Registries of which no line can be good: the file and its content type."""
    table = io.BytesIO()
    with zipfile.ZipFile(table, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>" * 10)
        archive.writestr("../../etc/passwd", "root")
    ndjson, packed = "application/x-ndjson", "application/gzip"
    return {
        "binary": (bytes(range(256)) * 20, ndjson),
        "one line of 3 MB": (b"x" * 3_000_000, ndjson),
        "deep lines": ((b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n") * 3, ndjson),
        "lines of numbers": (b"1\n2\nnull\n[]\n", ndjson),
        "NUL bytes": (b"\0" * 5_000 + b"\n", ndjson),
        "UTF-16": (('{"external_id": "x"}\n' * 3).encode("utf-16"), ndjson),
        "gzip bomb": (a_bomb(), packed),
        "cut off gzip": (gzip.compress(b"{}\n" * 1000)[:-20], packed),
        "no gzip": (b"\x1f\x8b garbage", packed),
        "bzip2": (bz2.compress(b"{}\n"), packed),
        "zip with a way out": (table.getvalue(), packed),
        "duplicate keys": (b'{"external_id":"a","external_id":"b"}\n', ndjson),
        "surrogates": (b'{"external_id":"\\ud800"}\n', ndjson),
        "huge numbers": (b'{"external_id":"a","points_paid":' + b"9" * 5_000 + b"}\n", ndjson),
        "carriage returns": (b"{}\r\r\n{}\r", ndjson),
    }
