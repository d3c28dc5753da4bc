"""What must always hold of prices: rules and what was computed from them, budgets, quotes and their splits."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law

_TERMS = (
    "name_en, name_ru, scope, scope_id, effect, value, priority, stackable, floor_points, segment, valid_from,"
    " valid_to, points_budget, uses_budget"
)
_WANTED = """
    SELECT r.id AS rule_id, b.reward_id, b.program_id,
           least(b.points, greatest(r.floor_points, CASE r.effect WHEN 'fixed' THEN r.value WHEN 'percent'
               THEN ceil(b.points * (10000 - r.value) / 10000.0) ELSE ceil(b.points * r.value / 10000.0) END)) AS points
      FROM price_rule r JOIN price_base b ON b.program_id = r.program_id
     WHERE r.state = 'active' AND (r.scope = 'all' OR r.scope = 'category' AND r.scope_id = ANY (b.category_path)
        OR r.scope = 'supplier' AND r.scope_id = b.supplier_id OR r.scope = 'reward' AND r.scope_id = b.reward_id)"""
_TAKEN = (
    "SELECT t.rule_id, sum(t.points) AS points, sum(t.pieces) AS pieces FROM quote_rule t"
    " JOIN quote q ON q.id = t.quote_id WHERE t.counted AND q.given_back_at IS NULL GROUP BY t.rule_id"
)
_SPLIT = (
    "SELECT pay_points, cash_minor, qty * unit_points AS points, quote_id FROM quote_line"
    " UNION ALL SELECT pay_points, cash_minor, points, quote_id FROM quote_delivery"
)


def laws() -> Sequence[Law]:
    """Every law of prices; those of carts are told by `laws_of_carts`."""
    return [
        Law(
            "price-rule",
            "A price rule's terms are those of its latest version",
            f"SELECT id FROM (SELECT id, version, {_TERMS} FROM price_rule EXCEPT SELECT rule_id, version, {_TERMS}"
            " FROM price_rule_version) AS r",
        ),
        Law(
            "price-book",
            "What is computed for a rule is what the rule makes of every reward that it is about, and of no other",
            f"SELECT w.program_id, w.rule_id FROM ({_WANTED}) AS w FULL JOIN rule_price p ON p.rule_id = w.rule_id"
            " AND p.reward_id = w.reward_id WHERE p.points IS DISTINCT FROM w.points",
        ),
        Law(
            "price-budget",
            "A rule has spent exactly what orders took of its budget, and nothing below zero or above it",
            f"SELECT r.program_id, r.id FROM price_rule r LEFT JOIN ({_TAKEN}) AS t ON t.rule_id = r.id"
            " WHERE r.points_spent <> coalesce(t.points, 0) OR r.uses_spent <> coalesce(t.pieces, 0)"
            " OR r.points_spent NOT BETWEEN 0 AND coalesce(r.points_budget, r.points_spent)"
            " OR r.uses_spent NOT BETWEEN 0 AND coalesce(r.uses_budget, r.uses_spent)",
        ),
        Law(
            "price-grant",
            "A grant was used for exactly the pieces that its member ordered with it",
            "SELECT g.member_id FROM price_grant g LEFT JOIN (SELECT q.member_id, t.rule_id, sum(t.pieces) AS pieces"
            " FROM quote_rule t JOIN quote q ON q.id = t.quote_id WHERE t.granted AND q.state = 'used'"
            " AND q.given_back_at IS NULL GROUP BY q.member_id, t.rule_id) AS t"
            " ON t.member_id = g.member_id AND t.rule_id = g.rule_id WHERE g.used <> coalesce(t.pieces, 0)",
        ),
        Law(
            "price-perk",
            "What a promotion gave and did not take back is granted for as long as it was given",
            "SELECT p.id FROM price_perk p JOIN member m ON m.id = p.member_id AND m.state <> 'merged'"
            " LEFT JOIN price_grant g ON g.member_id = p.member_id AND g.rule_id = p.rule_id"
            " WHERE p.withdrawn_at IS NULL AND p.valid_to > now() AND (g.valid_to < p.valid_to OR g.valid_to IS NULL"
            " OR g.uses < coalesce(p.uses, g.uses + 1))",
        ),
        Law(
            "quote-price",
            "A quoted line is dearer for everybody by exactly what its rules took off",
            "SELECT l.quote_id FROM quote_line l LEFT JOIN (SELECT quote_id, line_no, sum(points) AS points"
            " FROM quote_rule GROUP BY quote_id, line_no) AS t ON t.quote_id = l.quote_id AND t.line_no = l.no"
            " WHERE l.qty * (l.base_points - l.unit_points) <> coalesce(t.points, 0)"
            " OR (l.rule_id IS NOT NULL) <> (t.points IS NOT NULL)",
        ),
        Law(
            "quote-sum",
            "A quote costs what its lines and deliveries cost",
            "SELECT q.program_id, q.id FROM quote q WHERE q.goods_points <> (SELECT sum(qty * unit_points)"
            " FROM quote_line l WHERE l.quote_id = q.id) OR q.delivery_points <> (SELECT sum(points)"
            " FROM quote_delivery d WHERE d.quote_id = q.id)",
        ),
        Law(
            "quote-split",
            "What a used quote is paid with is the sum of what each of its lines is paid with, none beyond its price",
            f"SELECT q.program_id, q.id FROM quote q JOIN ({_SPLIT}) AS s ON s.quote_id = q.id"
            " WHERE q.state = 'used' AND q.pay_points IS NOT NULL GROUP BY q.program_id, q.id, q.pay_points,"
            " q.cash_minor HAVING sum(s.pay_points) IS DISTINCT FROM q.pay_points OR sum(s.cash_minor) <> q.cash_minor"
            " OR bool_or(s.pay_points NOT BETWEEN 0 AND s.points) OR bool_or(s.cash_minor > 0"
            " AND s.pay_points = s.points)",
        ),
    ]
