"""What the database knows and a request does not name: every column of every table, put into every body at every depth.

Read from the OpenAPI document and from the catalog of the database: a new endpoint and a new column are tried without
anybody remembering to.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from coalition.kernel.db import fetch_all, transact
from tests.walls.digest import digest
from tests.walls.tenants import Tenant

_JSON = "application/json"
_OF_A_MEMBER = [{"oauth2": ["me"]}]  # no partner's token opens these; tests/coalition/api/test_me.py tries them
# Objects whose members are the caller's own words.
_FREE = {"attributes", "fixed", "columns"}
_CHUNK, _LONG_CHUNK = 12, 150  # an answer names at most a thousand wrong fields
NEVER = {"balance", "partner_id", "program_id", "role", "state", "price_minor", "points", "owner_ref", "scopes"}


def columns() -> set[str]:
    """Every column of every table."""
    rows = transact(
        lambda: fetch_all(
            "SELECT DISTINCT column_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    )
    return {row.name for row in rows} | NEVER


def test_no_body_sets_what_it_does_not_name(house: Flask, tenants: dict[str, Tenant]) -> None:
    mine, names, before = tenants["mine"], columns(), digest()
    document = mine.call("GET", "/openapi.json").get_json()
    tried = 0

    for path, method, schema in _bodies(document):
        address, wanted = _address(path.removeprefix("/api/v1"), mine), sorted(names)
        size = _CHUNK if _short(path) else _LONG_CHUNK
        chunks = [wanted[at : at + size] for at in range(0, len(wanted), size)]
        for some in chunks:
            body, places = _crowded(schema, document, set(some), "")
            answer = mine.call(method, address, body)
            where = f"{method} {path}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code == 422, where
            refused = {one["pointer"] for one in answer.get_json()["errors"] if one["code"] == "unknown_field"}
            assert places <= refused, f"{where}: {sorted(places - refused)[:20]}"
            tried += len(places)

    assert tried > 10_000
    assert digest() == before


def _short(path: str) -> bool:
    """Whether the reader of this body names a limited number of wrong fields, as files with a million lines demand."""
    return path.endswith(("/purchases", "/quotes", "/events", "/returns", "/void"))


def _bodies(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method.upper(), verb["requestBody"]["content"][_JSON]["schema"])
        for path, item in sorted(document["paths"].items())
        for method, verb in item.items()
        if isinstance(verb, dict) and verb.get("security") and _JSON in verb.get("requestBody", {}).get("content", {})
        if verb["security"] != _OF_A_MEMBER
    ]


def _crowded(
    schema: dict[str, Any], document: dict[str, Any], names: set[str], at: str
) -> tuple[dict[str, Any], set[str]]:
    """A body with these names but the schema's own, there and in every object inside; and where they stand."""
    known = _resolved(schema, document).get("properties", {})
    body: dict[str, Any] = dict.fromkeys(sorted(names - known.keys()), 1)
    places = {f"{at}/{name}" for name in body}
    for name, inner in known.items():
        resolved = _resolved(inner, document)
        many = resolved.get("type") == "array"
        thing = _resolved(resolved["items"], document) if many else resolved
        if "properties" in thing and name not in _FREE:
            filled, deeper = _crowded(thing, document, names, f"{at}/{name}/0" if many else f"{at}/{name}")
            body[name] = [filled] if many else filled
            places |= deeper
    return body, places


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references, of several the one that is an object."""
    if "$ref" in schema:
        return _resolved(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    for one in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        found = _resolved(one, document)
        if "properties" in found:
            return found
    return schema


def _address(path: str, mine: Tenant) -> str:
    return re.sub(r"{(\w+)}", lambda found: mine.ids.get(found[1].removesuffix("_id"), "x"), path)
