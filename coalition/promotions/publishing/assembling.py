"""What a ruleset consists of: the documents in force, their campaigns compiled in, and what they have in common."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from typing import Any

from coalition import members, programs
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.publishing import campaigns
from coalition.promotions.publishing.compiling import Campaign, compiled
from coalition.promotions.publishing.documents import Document, canonical
from coalition.promotions.publishing.groups import groups_of
from coalition.promotions.publishing.reading import promotion_of
from coalition.promotions.publishing.settings import Setting, setting
from coalition.promotions.publishing.testing import Tested, failures, run_tests

_MOST = 10_000


def program_of(program_id: int, common: Setting) -> dict[str, Any]:
    """What the engine asks of a program; a unit of points is a minor unit of its currency."""
    program = programs.get(program_id)
    points = {one.code: {"unit_minor": int(one.face_minor) or 1} for one in programs.currencies(program_id)}
    return {
        "id": program.code,
        "tz": program.zone,
        "currencies": {program.currency: {"unit_minor": 1}, **points},
        **common.told(),
        **_counting(program_id),
        "groups": groups_of(program_id),
    }


def _counting(program_id: int) -> dict[str, Any]:
    """By which currency members climb, and what a unit of each other one counts there: one point is one point."""
    known = {one.id: one for one in programs.currencies(program_id)}
    tier = known.get(members.ladder(program_id, fresh=True).currency_id or 0)
    if tier is None:
        return {}
    money = programs.get(program_id)
    decimals = {money.currency: money.currency_decimals, **{one.code: one.decimals for one in known.values()}}
    uneven = {code: [10**tier.decimals, 10**own] for code, own in decimals.items() if own != tier.decimals}
    return {"tier": {"currency": tier.code, **({"of": uneven} if uneven else {})}}


def in_force(
    program_id: int, since: dt.datetime, program: Document, testing: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The documents of what is published and not over by then, campaigns compiled in, in the order of evaluation.

    The dates of the promotions are brought up to date with their campaigns'. Invalid if a test of one of those that
    are `testing` fails.
    """
    rows = fetch_all(
        "SELECT p.id, p.code, v.document FROM promotion p"
        " JOIN promotion_version v ON v.promotion_id = p.id AND v.version = p.version"
        " WHERE p.program_id = :program AND p.state = 'published' ORDER BY p.id LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    known = campaigns.by_code(program_id)
    found, dates = [], []
    for row in rows:
        document = json.loads(row.document)
        ready = _ready(document, known)
        promotion = promotion_of(canonical(ready))
        if row.code in testing:
            _demand(row.code, run_tests(ready, document.get("tests") or (), program))
        dates.append((row.id, promotion.begins, promotion.ends))
        if promotion.ends is None or promotion.ends > since:
            found.append((promotion.order, ready))
    if dates:
        execute(
            "UPDATE promotion p SET begins_at = x.begins, ends_at = x.ends"
            "  FROM unnest(CAST(:ids AS int[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))"
            "       x(id, begins, ends)"
            " WHERE p.id = x.id AND (p.begins_at, p.ends_at) IS DISTINCT FROM (x.begins, x.ends)",
            {"ids": [one[0] for one in dates], "begins": [one[1] for one in dates], "ends": [one[2] for one in dates]},
        )
    return [ready for _, ready in sorted(found, key=lambda one: one[0])]


def try_tests(program_id: int, document: Document) -> list[Tested]:
    """Run the tests of a document as it would be published now. Invalid for what cannot be understood."""
    ready = _ready(document, campaigns.by_code(program_id))
    return run_tests(ready, document.get("tests") or (), program_of(program_id, setting(program_id)))


def demand_tests(program_id: int, document: Document) -> None:
    """Raise Invalid `tests_failed` with a pointer to every test of a document that fails."""
    _demand(str(document.get("id")), try_tests(program_id, document))


def _demand(code: str, tested: list[Tested]) -> None:
    problems: list[FieldError] = failures(tested)
    if problems:
        raise Invalid("tests_failed", f"The tests that {code} carries do not all pass.", problems)


def _ready(document: Document, known: dict[str, Campaign]) -> dict[str, Any]:
    name = document.get("campaign")
    return compiled(document, known.get(name) if isinstance(name, str) else None)
