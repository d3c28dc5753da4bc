"""Which promotions in force concern a partner, and what the partner may read of them.

One concerns it that the partner pays for, or that purchases at its tills can meet: a demand for other partners, or for
outlets of others, that the condition cannot do without keeps it away; every other demand counts as met. Who else pays,
the budget, the audience and the control group are the program's own and are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.promotions.publishing import listed, ruleset
from coalition.promotions.wording import sponsors

_TOLD = ("name", "events", "coupon", "when", "effects", "rules", "rules_mode")
_OWN_LIMITS = frozenset({"member", "household", "receipt", "line", "card"})
_ELSEWHERE = ("calendar.", "member.", "order.")
_SOME = ("in", "has_any")


@dataclass(frozen=True, slots=True)
class Concern:
    """A promotion in force as a partner reads it.

    `document` is what may be told of it; `begins_at`, `ends_at`: None where it has no such end; `pays`: the partner is
    among those who pay.
    """

    code: str
    document: Mapping[str, Any]
    begins_at: dt.datetime | None
    ends_at: dt.datetime | None
    pays: bool


def concerning(program_id: int, partner_code: str) -> list[Concern]:
    """The promotions in force that concern a partner, what changed last first."""
    now = ruleset(program_id)
    found = []
    for one in listed(program_id, "active"):
        document = now.documents.get(one.code, one.document) if now else one.document
        pays = any(payer == partner_code for payer, _ in sponsors(document.get("sponsor")))
        if pays or _reaches(document, partner_code):
            found.append(Concern(one.code, _told(document), one.begins_at, one.ends_at, pays))
    return found


def _told(document: Mapping[str, Any]) -> dict[str, Any]:
    limits = [one for one in document.get("limits") or () if one.get("per") in _OWN_LIMITS]
    return {name: document[name] for name in _TOLD if name in document} | {"limits": limits}


def _reaches(document: Mapping[str, Any], partner_code: str) -> bool:
    """Whether it can apply to what happens at the partner."""
    if all(str(one).startswith(_ELSEWHERE) for one in document["events"]):
        return False
    rules = [{}] if document.get("effects") else document.get("rules") or [{}]
    open_to = [_open(rule.get("when"), partner_code) for rule in rules]
    return _open(document.get("when"), partner_code) and any(open_to)


def _open(node: Mapping[str, Any] | None, partner_code: str, *, surely: bool = False) -> bool:
    """Whether a demand can be met at the partner; with `surely`, whether it is met there whatever happens."""
    if not node:
        return True
    if "not" in node:
        return not _open(node["not"], partner_code, surely=not surely)
    if "all" in node:
        return all(_open(one, partner_code, surely=surely) for one in node["all"])
    if node.get("any"):
        return any(_open(one, partner_code, surely=surely) for one in node["any"])
    if node.get("f") == "partner.id":
        return _met(node, lambda value: value == partner_code)
    if node.get("f") == "store.id" and node["op"] in ("eq", *_SOME) and not surely:
        return _met(node, lambda value: str(value).startswith(f"{partner_code}:"))
    return not surely


def _met(node: Mapping[str, Any], fits: Callable[[Any], bool]) -> bool:
    op, value = node["op"], node["v"]
    if op in (*_SOME, "nin"):
        return any(map(fits, value)) is (op != "nin")
    return op not in ("eq", "ne") or fits(value) is (op == "eq")
