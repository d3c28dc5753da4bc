"""What stands wrong in a field: values by what a field expects, and the fields of each family of bodies."""

from __future__ import annotations

from typing import Any

from tests.coalition.purchases.registries.test_tables import a_definition
from tests.walls.tenants import HOOK, NOW, Tenant, a_basket, a_purchase

_BIG = 2**63
NOT_INTEGERS: dict[str, Any] = {
    "text": "5",
    "Arabic digit": "٥",
    "underscore": "1_000",
    "true": True,
    "list": [1],
    "object": {},
    "negative": -1,
    "2**63": _BIG,
    "2**70": 2**70,
    "minus 2**63 - 1": -_BIG - 1,
    "half": 1.5,
    "one point nought": 1.0,
    "1e400": float("inf"),
    "NaN": float("nan"),
}
NOT_TEXTS: dict[str, Any] = {
    "number": 7,
    "true": True,
    "list": ["x"],
    "object": {"x": "y"},
    "NUL": "a\0b",
    "lone surrogate": "\ud800",
    "too long": "x" * 100_000,
}
NOT_KEYS: dict[str, Any] = {**NOT_TEXTS, "empty": "", "null": None}
NOT_INSTANTS: dict[str, Any] = {
    "date": "2026-11-20",
    "no offset": "2026-11-20T09:30:00",
    "31 February": "2026-02-31T09:30:00Z",
    "hour 25": "2026-11-20T25:00:00Z",
    "year 10000": "10000-01-01T00:00:00Z",
    "year 1": "0001-01-01T00:00:00Z",
    "seconds since 1970": 1_790_000_000,
    "1e9": "1e9",
    "words": "yesterday",
    "empty": "",
    "Arabic digits": "٢٠٢٦-11-20T09:30:00Z",
    "NUL": "2026-11-20T09:30:00Z\0",
    "long": "2" * 100_000,
}
NOT_LISTS: dict[str, Any] = {"object": {}, "text": "x", "number": 1, "empty": [], "of numbers": [1], "of null": [None]}
NOT_OBJECTS: dict[str, Any] = {"list": [], "text": "x", "number": 1, "unknown member": {"zq": 1}}


def good_bodies(mine: Tenant) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Bodies that would be accepted, by family."""
    points = {"member": mine.card, "points": {"amount": 1, "currency": "BON"}}
    key = {"external_id": "zq-bad"}
    return {
        "purchase": ("POST", "/purchases", a_purchase(mine, "zq-bad", points_paid=0)),
        "quote": ("POST", "/quotes", a_purchase(mine, "zq-bad")),
        "event": ("POST", "/events", {**key, "type": "visit", "occurred_at": NOW, "member": mine.card}),
        "hold": ("POST", "/holds", {**key, "ttl_s": 60, **points}),
        "donation": ("POST", "/donations", {**key, "charity": "x", **points}),
        "member": ("POST", "/members", {**key, "profile": {}, "identifiers": [], "consents": []}),
        "lookup": ("POST", "/members/lookup", mine.card),
        "return": (
            "POST",
            f"/purchases/{mine.ids['purchase']}/returns",
            {**key, "occurred_at": NOW, "lines": [{"no": 1, "qty_m": 1}]},
        ),
        "basket": ("POST", "/catalog/quotes", a_basket(mine, mine.ids["reward"])),
        "order": ("POST", "/orders", {**key, "quote_id": mine.ids["unused_quote"]}),
        "stock": (
            "PUT",
            f"/suppliers/{mine.ids['code']}/stock",
            {"snapshot_at": NOW, "items": [{"sku": "A", "qty": 1}]},
        ),
        "dispute": ("POST", f"/statements/{mine.ids['statement']}/disputes", {**key, "evidence": "x", "amount": 1}),
        "mapping": ("PUT", "/registry-mappings/zq-bad", a_definition()),
        "endpoint": ("POST", "/webhook-endpoints", dict(HOOK)),
    }


WRONG: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "purchase": [
        ("external_id", NOT_KEYS),
        ("occurred_at", NOT_INSTANTS),
        ("outlet", NOT_KEYS),
        ("currency", NOT_KEYS | {"lower case": "eur", "unknown": "ZZZ"}),
        ("points_paid", NOT_INTEGERS),
        ("lines", NOT_LISTS | {"of 10,000": [{"no": 1, "amount": 1}] * 10_000}),
        ("lines/0/no", NOT_INTEGERS | {"nought": 0, "32768": 32_768}),
        ("lines/0/amount", NOT_INTEGERS),
        ("lines/0/qty_m", NOT_INTEGERS),
        ("member", NOT_OBJECTS),
        ("member/kind", NOT_KEYS | {"unknown": "tattoo"}),
        ("member/value", NOT_KEYS),
    ],
    "quote": [("occurred_at", NOT_INSTANTS), ("lines/0/amount", NOT_INTEGERS)],
    "event": [("external_id", NOT_KEYS), ("type", NOT_KEYS), ("occurred_at", NOT_INSTANTS), ("member", NOT_OBJECTS)],
    "hold": [
        ("external_id", NOT_KEYS),
        ("ttl_s", NOT_INTEGERS | {"nought": 0}),
        ("points/amount", NOT_INTEGERS | {"nought": 0}),
        ("points/currency", NOT_KEYS | {"unknown": "ZZZ"}),
        ("member/value", NOT_KEYS),
    ],
    "donation": [("points/amount", NOT_INTEGERS), ("charity", NOT_KEYS)],
    "member": [
        ("external_id", NOT_KEYS),
        ("profile", NOT_OBJECTS),
        ("profile/first_name", NOT_TEXTS),
        ("profile/email", NOT_TEXTS),
        ("profile/birth_date", {"words": "long ago", "31 February": "1990-02-31", "number": 19900101, "list": []}),
        ("profile/locale", {"unknown": "tlh", "number": 1, "list": ["en"]}),
        ("identifiers", {"object": {}, "text": "x", "of numbers": [1], "of 21": [{"kind": "app", "value": "x"}] * 21}),
        ("consents", {"object": {}, "text": "x", "of numbers": [1]}),
    ],
    "lookup": [("kind", NOT_KEYS), ("value", NOT_KEYS)],
    "return": [
        ("external_id", NOT_KEYS),
        ("occurred_at", NOT_INSTANTS),
        ("lines", NOT_LISTS),
        ("lines/0/no", NOT_INTEGERS),
    ],
    "basket": [
        ("member", {"number": 7, "list": [1], "null": None, "no kind": "anna", "object": {"kind": "card"}}),
        ("lines", NOT_LISTS),
        ("lines/0/qty", NOT_INTEGERS | {"nought": 0, "a hundred and one": 101}),
        ("lines/0/reward_id", NOT_KEYS),
        ("delivery/address/city", NOT_TEXTS),
    ],
    "order": [("external_id", NOT_KEYS), ("quote_id", NOT_KEYS), ("pay", NOT_OBJECTS)],
    "stock": [("snapshot_at", NOT_INSTANTS), ("items", {"object": {}, "text": "x"}), ("items/0/qty", NOT_INTEGERS)],
    "dispute": [("external_id", NOT_KEYS), ("evidence", NOT_KEYS), ("amount", NOT_INTEGERS)],
    "mapping": [
        ("delimiter", {"two": ";;", "number": 1, "list": []}),
        ("encoding", {"UTF-7": "utf-7", "UTF-16": "utf-16", "number": 1}),
        ("zone", {"unknown": "Mars/Olympus", "a path": "../../etc/passwd", "number": 1, "list": []}),
        ("columns", {"list": [], "text": "x", "number": 1, "empty": {}, "unknown field": {"balance": "1"}}),
    ],
    "endpoint": [
        (
            "url",
            NOT_KEYS
            | {
                "http": "http://hooks.example.com/in",
                "file": "file:///etc/passwd",
                "gopher": "gopher://hooks.example.com/",
                "userinfo": "https://user:secret@hooks.example.com/",
                "no host": "https:///in",
                "script": "javascript:alert(1)",
            },
        ),
        ("event_types", {"object": {}, "text": "x", "of numbers": [1], "unknown": ["points.stolen"]}),
    ],
}
