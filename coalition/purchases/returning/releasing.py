"""What returns give back of the limits that a purchase has used, in the period in which it had used them.

Points that were taken back free as much of their promotion's limits, in proportion and rounded down over all returns
together, so that a full return frees everything; a use is freed once nothing of its promotion is left, coupons once
nothing of the purchase is (only then are they void; those that were used meanwhile stay used), and prizes that were won
never: nobody takes them back. What was let go (waived) stays used, and so does a limit that says
`"release_on_return": false`. Locks the counters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalition import promotions
from coalition.kernel.db import raw
from coalition.promotions import granting, holdings
from coalition.promotions.granting import Evaluation, counting, following, keeping
from coalition.purchases.returning.bought import Bought
from coalition.purchases.returning.planning import Plan

_TAKEN = """
    SELECT a.promotion, sum(x.units - x.waived)::bigint FROM return_effect x
      JOIN award a ON a.purchase_id = x.purchase_id AND a.no = x.award_no
     WHERE x.purchase_id = %s AND a.promotion IS NOT NULL GROUP BY 1"""
_CAMPAIGN = "campaign:"


def hold(evaluations: Iterable[Evaluation]) -> dict[str, str]:
    """Hold the counters that purchases have used, after their wallets: in the order of a purchase. Where each use
    stands today: a member may have become another.
    """
    keys: dict[int, set[str]] = defaultdict(set)
    for one in evaluations:
        keys[one.program_id] |= one.used.keys()
    found: dict[str, str] = {}
    for program_id, wanted in sorted(keys.items()):
        moved = following.today(wanted, counting.hold(program_id, wanted))
        if gone := set(moved.values()) - wanted:
            counting.hold(program_id, gone)
        found |= moved
    return found


def release(made: Sequence[tuple[int, Plan]], of: Mapping[int, Evaluation], standing: Mapping[str, str]) -> None:
    """Give back what these returns free, and write it down; the effects of the returns are written already.

    `standing`: where each counter's use stands today (`hold`).
    """
    last = {plan.bought.id: (return_id, plan) for return_id, plan in made}
    for return_id, plan in last.values():
        evaluation = of.get(plan.bought.id)
        if evaluation is not None and evaluation.used:
            amounts = _freed(plan.bought, evaluation, whole=plan.bought.state in ("returned", "voided"))
            ruleset = promotions.kept_ruleset(evaluation.ruleset_id)
            day = granting.day_of(ruleset, dict(evaluation.facts))
            today: dict[str, int] = defaultdict(int)
            for key, amount in amounts.items():
                today[standing.get(key, key)] += amount
            counting.release(evaluation.program_id, today, day)
            keeping.insert_release(return_id, plan.bought.id, evaluation.program_id, amounts)


def _freed(of: Bought, evaluation: Evaluation, *, whole: bool) -> dict[str, int]:
    """By counter, what is free now and was not before; `whole`: nothing of the purchase is left."""
    ruleset = promotions.kept_ruleset(evaluation.ruleset_id)
    taken = dict(raw().execute(_TAKEN.encode(), (of.id,)).fetchall())
    given: dict[str, int] = defaultdict(int)
    for award in of.awards:
        if award.effect is not None:
            given[award.award.promotion] += award.award.units
    counts_coupons = any(_parts(key)[1] == "coupons" for key in evaluation.used)
    lost = holdings.lost_coupons(of.id) if whole and counts_coupons else {}
    before, found = keeping.released(of.id), {}
    for key, used in evaluation.used.items():
        owner, metric, per, period = _parts(key)
        documents = _owned(ruleset.documents, owner)
        if any(_kept(document, metric, per, period) for document in documents.values()):
            continue
        part = (sum(taken.get(code, 0) for code in documents), sum(given[code] for code in documents))
        gone = sum(lost.get(code, 0) for code in documents) if metric == "coupons" else 0
        free = _part(used - gone, *part, metric, whole=whole) - before.get(key, 0)
        if free > 0:
            found[key] = free
    return found


def _part(used: int, taken: int, given: int, metric: str, *, whole: bool) -> int:
    """How much of what was used is free."""
    if metric == "prizes":
        return 0
    if not given or metric == "coupons":
        return used if whole else 0
    if metric == "uses":
        return used if taken >= given else 0
    return used * min(taken, given) // given


def _parts(key: str) -> tuple[str, str, str, str]:
    """Whose counter it is, what it counts, for whom and in which period: `five/units/member:7/day:2026-11-18`."""
    owner, metric, per, period = key.split("/", 3)
    return owner, metric, per.split(":", 1)[0], period.rsplit(":", 1)[0]


def _owned(documents: Mapping[str, Mapping[str, Any]], owner: str) -> dict[str, Mapping[str, Any]]:
    """The promotions whose counter it is: one, or all of a campaign."""
    if owner.startswith(_CAMPAIGN):
        code = owner.removeprefix(_CAMPAIGN)
        return {one: document for one, document in documents.items() if document.get("campaign") == code}
    return {owner: documents[owner]} if owner in documents else {}


def _kept(document: Mapping[str, Any], metric: str, per: str, period: str) -> bool:
    """Whether the limit stays used when goods come back."""
    return any(
        limit.get("release_on_return") is False
        and (limit.get("metric"), limit.get("per", "promotion"), limit.get("period", "life")) == (metric, per, period)
        for limit in document.get("limits") or ()
    )
