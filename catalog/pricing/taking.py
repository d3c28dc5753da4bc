"""Using up what rules allow: budgets and grants, when a quote is used, and back when its order comes to nothing.

Only a rule with a budget has a row that many members change; each of its counters moves by a conditional UPDATE whose
CHECK nobody can outrun. Rules are locked in the order of their ids, and before stock and wallets.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from catalog.pricing.queries import rules_of
from catalog.pricing.types import Quote, QuotedRule
from coalition.kernel.db import execute, fetch_one, session

_TAKE = """
    UPDATE price_rule SET points_spent = points_spent + :points, uses_spent = uses_spent + :pieces
     WHERE id = :rule_id AND (points_budget IS NOT NULL OR uses_budget IS NOT NULL)
       AND points_spent + :points <= coalesce(points_budget, points_spent + :points)
       AND uses_spent + :pieces <= coalesce(uses_budget, uses_spent + :pieces)"""
_LIMITED = """
    SELECT points_budget IS NOT NULL OR uses_budget IS NOT NULL AS limited FROM price_rule WHERE id = :rule_id"""
_GRANT = """
    UPDATE price_grant SET used = used + :pieces
     WHERE member_id = :member_id AND rule_id = :rule_id AND used + :pieces <= coalesce(uses, used + :pieces)"""
_COUNTED = "UPDATE quote_rule SET counted = true WHERE quote_id = :quote_id AND rule_id = :rule_id"
_GIVE = """
    UPDATE price_rule r SET points_spent = r.points_spent - t.points, uses_spent = r.uses_spent - t.pieces
      FROM (SELECT sum(points) AS points, sum(pieces) AS pieces FROM quote_rule
             WHERE quote_id = :quote_id AND rule_id = :rule_id AND counted) AS t
     WHERE r.id = :rule_id AND t.pieces IS NOT NULL"""
_GIVE_GRANT = """
    UPDATE price_grant SET used = used - :pieces
     WHERE member_id = :member_id AND rule_id = :rule_id AND used >= :pieces"""


def take(quoted: Quote) -> bool:
    """Use up what the quote's rules took off its prices; whether all of it was there. If not, nothing was taken."""
    attempt = session().begin_nested()
    for rule_id, uses in _by_rule(quoted.rules):
        amounts = {
            "rule_id": rule_id,
            "quote_id": quoted.id,
            "member_id": quoted.member_id,
            "points": sum(one.points for one in uses),
            "pieces": sum(one.pieces for one in uses),
        }
        if not _take_one(amounts, granted=uses[0].granted):
            attempt.rollback()
            return False
    attempt.commit()
    return True


def give_back(quote_id: int) -> bool:
    """Let what a used quote took of budgets and grants be there again: its order came to nothing. Once; whether now.

    Locks the quote, then rules by id, then grants.
    """
    quoted = fetch_one(
        "UPDATE quote SET given_back_at = now() WHERE id = :id AND state = 'used' AND given_back_at IS NULL"
        " RETURNING member_id",
        {"id": quote_id},
    )
    if quoted is None:
        return False
    for rule_id, uses in _by_rule(rules_of(quote_id)):
        amounts = {"rule_id": rule_id, "quote_id": quote_id, "member_id": quoted.member_id}
        execute(_GIVE, amounts)
        if uses[0].granted:
            execute(_GIVE_GRANT, {**amounts, "pieces": sum(one.pieces for one in uses)})
    return True


def _take_one(amounts: dict[str, int], *, granted: bool) -> bool:
    rule = fetch_one(_LIMITED, amounts)
    if rule is not None and rule.limited:
        if not execute(_TAKE, amounts):
            return False
        execute(_COUNTED, amounts)
    return not granted or execute(_GRANT, amounts) == 1


def _by_rule(rules: Iterable[QuotedRule]) -> list[tuple[int, list[QuotedRule]]]:
    ordered = sorted(rules, key=lambda one: one.rule_id)
    return [(rule_id, list(uses)) for rule_id, uses in groupby(ordered, key=lambda one: one.rule_id)]
