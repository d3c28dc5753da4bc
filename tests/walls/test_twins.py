"""Another tenant's id, wherever an id can stand: 404 in an address, as good as nobody's elsewhere, and nothing told.

The addresses are read from the application: a route whose parts this file does not know fails. What every attempt is
measured by: the status, the digest of the whole database, and the words that stand in everything of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from coalition.kernel import ids
from tests.catalog.builders import a_file
from tests.walls.digest import digest
from tests.walls.tenants import HOOK, NOW, Tenant, a_basket, a_purchase

OTHERS = ("twin", "stranger")
# Parts of an address under a name of their own, and those that are no tenant's.
_KINDS = {"dispute_id": "dispute", "reconciliation_id": "reconciliation", "statement_id": "statement"} | {
    "order_id": "order",
    "reward_id": "reward",
    "number": "invoice",
    "webhook": "endpoint",
    "supplier": "code",
}
_FIXED = {
    "line": "1",
    "size": "1",
    "period": "2026-05",
    "return_id": "ortn_0000000000001",
    "passkey": "x",
    "reference": "x",
}
# Nobody's client or person asks here: signed messages, pages and pictures for everybody, what is not built with ids.
_ELSEWHERE = re.compile(
    r"/callbacks|^/pictures|^/api/docs|^/events|^/flights|/proofs/heads|^/console|static|/family/|^/account/apps"
)
_OF_THE_PROGRAM = re.compile("/rewards/")  # twins share the catalog
_ONES_OWN_NAME = {"PUT /api/v1/registry-mappings/<name>"}
_ASKED_FOR = {"POST /members/lookup"}  # a question about somebody: 404 as in an address
_HERE = {"external_id": "zq-attempt"}
_FEED = {"data": a_file(), "headers": {"Content-Type": "application/xml"}}
BODIES: dict[str, Any] = {
    "/members/<member>": {"profile": {"first_name": "X"}},
    "/cards": _HERE,
    "/identifiers": {"kind": "app", "value": "zq-attempt"},
    "/replace": {"value": "zq-attempt"},
    "/capture": _HERE,
    "/release": _HERE,
    "/reverse": _HERE,
    "/void": _HERE,
    "/cancel": _HERE,
    "/purchases/<purchase>/returns": {**_HERE, "occurred_at": NOW, "lines": [{"no": 1}]},
    "/orders/<order>/returns": {**_HERE, "lines": [{"line": 1, "qty": 1}], "reason": "damaged"},
    "/comments": {"text": "x"},
    "/withdraw": {"text": "x"},
    "/disputes": {**_HERE, "evidence": "x"},
    "/stock": {"snapshot_at": NOW, "items": [{"sku": "A1", "qty": 1}]},
    "/replay": {"since": NOW},
    "/webhook-endpoints/<endpoint>": {"event_types": HOOK["event_types"]},
}


class Attempt(NamedTuple):
    """A request of mine with one id of somebody else in it."""

    method: str
    path: str
    body: Any
    who: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body or ''} {self.who}"


def _attempts(app: Flask, mine: Tenant, other: Tenant) -> Iterator[Attempt]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: str(rule)):
        if not rule.arguments or _ELSEWHERE.search(str(rule)):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield from _of_route(method, str(rule), mine, other)


def _of_route(method: str, rule: str, mine: Tenant, other: Tenant) -> Iterator[Attempt]:
    if f"{method} {rule}" in _ONES_OWN_NAME or (other.name == "twin" and _OF_THE_PROGRAM.search(rule)):
        return
    parts = re.findall(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", rule)
    for part in parts:
        apart = part not in _FIXED and part not in ("form", "deed")
        if apart and (mine is other or _value(part, mine) != _value(part, other)):
            known = {name: _value(name, other if name == part else mine) for name in parts}
            path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda found, known=known: known[found[1]], rule)
            yield Attempt(method, path, _body(method, rule), _visitor(rule))


def _value(part: str, of: Tenant) -> str:
    if part in ("form", "deed"):
        return "csv"
    found = _FIXED.get(part) or of.ids.get(_KINDS.get(part, part))
    assert found, (
        f"say here whose <{part}> is: in _KINDS if a tenant has one (see tenants.py), in _FIXED if nobody does"
    )
    return found


def _body(method: str, rule: str) -> Any:
    if method not in ("POST", "PUT", "PATCH"):
        return None
    known = [end for end in BODIES if rule.endswith(end)]
    return BODIES[max(known, key=len)] if known else {}


def _visitor(rule: str) -> str:
    if rule.startswith("/api/"):
        return ""
    return "partner_admin" if rule.startswith("/portal/") else "member"


def _make(mine: Tenant, attempt: Attempt) -> TestResponse:
    if attempt.who:
        return mine.visit(attempt.method, attempt.path, attempt.who)
    path = attempt.path.removeprefix("/api/v1")
    if attempt.method == "POST" and path.endswith("/runs"):
        return mine.call("POST", path, **_FEED)
    return mine.call(attempt.method, path, attempt.body)


@pytest.mark.parametrize("name", OTHERS)
def test_in_an_address_another_s_id_is_nobody_s(house: Flask, tenants: dict[str, Tenant], name: str) -> None:
    mine, other = tenants["mine"], tenants[name]
    before = digest()

    answers = [(str(one), _make(mine, one)) for one in _attempts(house, mine, other)]

    assert len(answers) > 70
    assert {attempt: answer.status_code for attempt, answer in answers if answer.status_code != 404} == {}
    assert [attempt for attempt, answer in answers if _tells(answer, tenants, but=attempt)] == []
    assert digest() == before


def test_with_one_s_own_ids_the_same_addresses_are_there(house: Flask, tenants: dict[str, Tenant]) -> None:
    mine = tenants["mine"]
    reading = {str(one): one for one in _attempts(house, mine, mine) if one.method == "GET"}

    answers = {told: _make(mine, attempt) for told, attempt in reading.items()}

    there = {told: answer.status_code for told, answer in answers.items() if answer.status_code not in (200, 302)}
    assert len(answers) > 30
    assert set(there.values()) <= {303, 404, 409}
    assert len(there) <= 8, there  # a bundle not yet written, a page of something that did not happen
    assert [told for told, answer in answers.items() if "/rewards/" not in told and _tells(answer, tenants)] == []


def _nested(mine: Tenant, other: Tenant) -> Iterator[tuple[str, str, Any]]:
    """Requests of mine with an id of the other somewhere inside, if it is not the other's to show by design."""
    of, card = other.ids, other.card
    points = {"points": {"amount": 1, "currency": "BON"}}
    buy = a_purchase(mine, "zq-attempt")
    yield "POST", "/purchases", {**buy, "hold_id": of["hold"]}
    yield "POST", "/purchases", {**buy, "quote_id": of["purchase_quote"]}
    yield "POST", "/orders", {**_HERE, "quote_id": of["unused_quote"]}
    yield "POST", "/catalog/quotes", {**a_basket(mine, of["reward"]), "member": of["member"]}
    yield "GET", f"/catalog/rewards?member={of['member']}", None
    yield "GET", f"/catalog/rewards/{mine.ids['reward']}?member={of['member']}", None
    yield "POST", "/registries?mapping=" + of["name"], None
    yield "POST", "/registries?source=" + of["name"], None
    yield "POST", f"/reconciliations?period=2026-05&mapping={of['name']}", None
    yield "POST", f"/webhook-endpoints/{mine.ids['endpoint']}/replay", {"delivery_id": of["delivery"]}
    if other.name == "stranger":
        yield "POST", "/members/lookup", card
        yield "POST", "/purchases", {**buy, "member": card}
        yield "POST", "/quotes", {**buy, "member": card}
        yield "POST", "/events", {**_HERE, "type": "visit", "occurred_at": NOW, "member": card}
        yield "POST", "/holds", {**_HERE, "member": card, "ttl_s": 60, **points}
        yield "POST", "/donations", {**_HERE, "member": card, "charity": "x", **points}
        yield "POST", "/transfers", {**_HERE, "member": mine.card, "to_member": card, **points}
        yield "POST", "/exchanges", {**_HERE, "member": card, "program": "miles-mine", "account": "x", **points}
        yield (
            "POST",
            "/exchanges",
            {**_HERE, "member": mine.card, "program": "miles-stranger", "account": "x", **points},
        )
        yield "POST", "/catalog/quotes", a_basket(mine, of["reward"])


@pytest.mark.parametrize("name", OTHERS)
def test_inside_a_request_another_s_id_is_as_good_as_nobody_s(tenants: dict[str, Tenant], name: str) -> None:
    mine, other = tenants["mine"], tenants[name]
    nobody = Tenant("nobody", mine.app, mine.partner, ids={kind: _nobody_s(one) for kind, one in other.ids.items()})
    before = digest()

    pairs = [
        (_inside(mine, *one), _inside(mine, *two), one)
        for one, two in zip(_nested(mine, other), _nested(mine, nobody_like(nobody, other)), strict=True)
    ]

    assert len(pairs) >= 10
    assert {f"{one[0]} {one[1]}" for theirs, _, one in pairs if theirs.status_code != 422} <= _ASKED_FOR
    assert [(one, theirs.text) for theirs, unknown, one in pairs if _said(theirs) != _said(unknown)] == []
    assert [one for theirs, _, one in pairs if _tells(theirs, tenants, but=one)] == []
    assert digest() == before


def nobody_like(nobody: Tenant, other: Tenant) -> Tenant:
    """Somebody of the other's kind who does not exist: in every place where the other is named, one can be named."""
    nobody.name = other.name
    return _Nobody(**{name: getattr(nobody, name) for name in ("name", "app", "partner", "token", "cookies", "ids")})


class _Nobody(Tenant):
    @property
    def card(self) -> dict[str, str]:
        return {"kind": "card", "value": "4276999999999999"}


def _nobody_s(public: str) -> str:
    """An id of the same kind that is nobody's."""
    head, separator, _ = public.partition("_")
    if not separator:
        return "zq-nobody"
    return ids.public(head, *([2**40] * (2 if head == "hld" else 1)))


def _inside(mine: Tenant, method: str, path: str, body: Any) -> TestResponse:
    if method == "POST" and body is None:
        return mine.call(method, path, data=b"a;b\n", headers={"Content-Type": "text/csv"})
    return mine.call(method, path, body)


def _said(answer: TestResponse) -> tuple[Any, ...]:
    told = answer.get_json()
    return answer.status_code, told.get("code"), [(one["pointer"], one["code"]) for one in told.get("errors", ())]


@pytest.mark.parametrize("name", OTHERS)
def test_another_s_place_in_a_list_leads_to_nothing_of_the_other_s(tenants: dict[str, Tenant], name: str) -> None:
    mine, other = tenants["mine"], tenants[name]
    lists = [
        "/members/{member}/movements",
        "/registries/{registry}/rejections",
        "/statements",
        "/statements/{statement}/lines",
        "/disputes",
        "/reconciliations",
        "/webhook-endpoints",
        "/changes",
    ]

    for path in lists:
        theirs = other.call("GET", f"{path.format_map(other.ids)}?limit=1")
        assert theirs.status_code == 200, path
        cursor = theirs.get_json()["next_cursor"] or "bm9ib2R5"
        answer = mine.call("GET", f"{path.format_map(mine.ids)}?cursor={cursor}")
        assert answer.status_code in (200, 410, 422), path
        assert not _tells(answer, tenants), path


def test_an_external_id_finds_only_what_one_has_sent_oneself(tenants: dict[str, Tenant]) -> None:
    mine = tenants["mine"]

    found = {name: mine.call("GET", f"/purchases?external_id={one.canary}").get_json() for name, one in tenants.items()}

    assert [len(found[name]["items"]) for name in ("mine", "twin", "stranger")] == [1, 0, 0]


def _tells(answer: TestResponse, tenants: dict[str, Tenant], but: object = "") -> bool:
    """Whether an answer to me holds a word of somebody else that I have not said myself."""
    text = answer.get_data().decode("utf-8", "replace")
    words = {tenants[name].canary for name in OTHERS} - {
        word for word in ("zqtwinzq", "zqstrangerzq") if word in str(but)
    }
    return any(word in text or word in str(answer.headers) for word in words)
