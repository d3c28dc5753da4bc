"""How points may pay a receipt where promotions say so: `points.redeem_rule`, asked before anything is paid.

A rule says least and step of the points that are spent at a time, and how much of the receipt they may pay
(`share_bp`); with a `where`, how much of the lines that fit, 0 for none of them. It takes the place of the currency's
own policy, which holds for the rest. Of several rules the first (by priority) that says a thing decides it. Where no
promotion in force has such a rule, this costs one look into a dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coalition import members, partners, promotions
from coalition.kernel import clock
from coalition.programs import Currency, SpendContext
from coalition.promotions import coupons, engine, granting
from coalition.promotions.granting import Candidate
from coalition.purchases.counter import Counter
from coalition.purchases.receipts import Line, Receipt
from coalition.purchases.recording.couponing import ask, opened
from coalition.purchases.recording.promoting import happening, ruleset_of
from coalition.purchases.recording.remembering import Asker, remembered
from coalition.purchases.recording.storing import Draft

RULE = "points.redeem_rule"
Rule = Mapping[str, Any]
_KEPT = 64
_memory: dict[bytes, promotions.Ruleset] = {}


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules that apply to a receipt, first things first, and the lines that points may pay."""

    rules: Sequence[Rule]
    partner_id: int
    lines: Sequence[Line]

    def of(self, currency: Currency, groups: Mapping[str, int]) -> tuple[Currency, dict[str, int]]:
        """The currency with the policies that hold for this receipt, and the money that falls on each limited group.

        `groups` are those of the assortment; the lines of a rule make a group of their own, called as its promotion.
        """
        mine = [one for one in self.rules if one.get("currency") in (None, currency.code)]
        if not mine:
            return currency, dict(groups)
        rest, own, shares = list(self.lines), dict[str, int](), dict[str, int]()
        for rule in mine:
            if "lines" in rule and "share_bp" in rule:
                fit = [line for line in rest if line.no in rule["lines"]]
                rest = [line for line in rest if line.no not in rule["lines"]]
                own[rule["promotion"]] = own.get(rule["promotion"], 0) + sum(line.amount for line in fit)
                shares.setdefault(rule["promotion"], rule["share_bp"])
        found = partners.spent_by_group(self.partner_id, ((one.sku, one.amount) for one in rest)) if own else groups
        changed = replace(
            currency,
            spend_min=_first(mine, "min", currency.spend_min),
            spend_step=_first(mine, "step", currency.spend_step),
            spend_share_bp=_first([one for one in mine if "lines" not in one], "share_bp", currency.spend_share_bp),
            spend_group_bp={**currency.spend_group_bp, **shares},
        )
        return changed, {**found, **own}


def terms(at: Counter, draft: Draft, points_paid: int) -> Terms:
    """How points may pay a draft's receipt; `points_paid` is the money that they are to stand for. Locks nothing."""
    lines = draft.discounted.lines
    ruleset = ruleset_of(at, draft) if draft.member_id is not None else None
    asked = _ruling(ruleset) if ruleset is not None else None
    if asked is None:
        return Terms((), at.partner.id, lines)
    shown = coupons.look(at.program.id, [ask(at, draft.member_id, draft.receipt)]) if draft.receipt.coupons else [()]
    what = replace(happening(at, draft, draft.member_id or 0, opened(shown[0])), points_paid=points_paid)
    own = remembered(granting.asked(asked), [Asker(what.member_id, what.occurred_at)])
    (event,) = granting.enriched(asked, [what], own, tz=at.program.zone)
    (found,) = granting.preview(asked, [Candidate(event)])
    return Terms([one for one in found.result.effects if one["kind"] == RULE], at.partner.id, lines)


def limits_of_hold(
    at: Counter,
    member: members.Recognised,
    currency: Currency,
    outlet: partners.Outlet,
    lines: Sequence[tuple[str, int]],
    context: SpendContext,
    points_paid: int,
) -> tuple[Currency, dict[str, int]]:
    """The policies that hold for a receipt to come, and the money of it that falls on each limited group.

    `lines` are products with amounts; what they leave of the context's total is a line without a product. As of now:
    what the receipt turns out to be is asked again when the hold pays it.
    """
    told = [Line(no, amount, sku=sku) for no, (sku, amount) in enumerate(lines, start=1)]
    rest = context.total - sum(amount for _, amount in lines)
    if rest > 0:
        told.append(Line(len(told) + 1, rest))
    receipt = Receipt(
        external_id="",
        occurred_at=clock.now(),
        outlet=outlet.code,
        currency=at.program.currency,
        lines=tuple(told),
        total=context.total,
        member=None,
        channel="pos",
        hold=None,
        points_paid=points_paid,
        payments=(),
        request_hash=b"",
    )
    draft = Draft(0, receipt, at.program.id, outlet, member.member_id, points_paid, tier=member.tier)
    return terms(at, draft, points_paid).of(currency, context.groups)


def _ruling(ruleset: promotions.Ruleset) -> promotions.Ruleset | None:
    """The promotions of a ruleset that have a say in how points pay; None where nobody has. Worked out once."""
    if RULE not in granting.asked(ruleset).gives:
        return None
    found = _memory.get(ruleset.sha256)
    if found is None:
        if len(_memory) >= _KEPT:
            _memory.clear()
        some = tuple(one for one in ruleset.promotions if any(e.kind == RULE for r in one.rules for e in r.effects))
        documents = {one.id: ruleset.documents[one.id] for one in some}
        found = replace(
            ruleset, promotions=some, index=engine.Index(some), documents=documents, sha256=b"~" + ruleset.sha256
        )
        _memory[ruleset.sha256] = found
    return found


def _first(rules: Sequence[Rule], name: str, otherwise: int) -> int:
    return next((int(rule[name]) for rule in rules if name in rule), otherwise)
