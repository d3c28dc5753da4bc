"""Reporting views whose points add up: movements without what is only owed, and points that are held.

What a member owes is counted when points pay it, as the wallet is; a hold takes points out of lots and not out of what
the program owes. `against` tells a redemption from points that only move between wallets.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE

revision = "0062_reporting_sums"
down_revision = "0061_promotion_proposals"

_REAL = "JOIN public.program g ON g.id = {of}.program_id AND g.kind <> 'test'"
_SAID = {
    "movements": "The journal of points by whom they are funded; `points` as the member sees them: their sum is what"
    " the member has, what is held with it. `redeem` against `redemption` is spent; points that a debt took are a"
    " `clawback` against `arrears`, once they are taken.",
    "lots": "What is left of points now and is not held, by when they expire; with `holds` what the program still"
    " owes.",
    "holds": "Points that are set aside now, for an order or a till; `points_held` is what is neither spent nor given"
    " back.",
}


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE VIEW reporting.movements AS"
        " SELECT v.movement_id, v.program_id, v.currency_id, CASE WHEN w.kind = 1 THEN w.owner END AS member_id,"
        " CASE WHEN v.counter_kind = 9 THEN 'clawback' ELSE v.kind END AS kind,"
        " CASE v.kind WHEN 'issue' THEN v.points ELSE -v.points END AS points, v.party_id AS funded_by_company_id,"
        " v.partner_id, v.external_id, v.occurred_at, v.recorded_at,"
        " (ARRAY['wallet', 'issuance', 'redemption', 'breakage', 'held', 'adjustment', 'conversion', 'transfer',"
        "   'arrears'])[v.counter_kind] AS against"
        " FROM public.ledger_movements v JOIN public.account w ON w.id = v.account_id"
        " JOIN public.entry e ON e.account_id = v.account_id AND e.id = v.entry_id AND e.kind <> 8 "
        + _REAL.format(of="v")
    )
    op.execute(
        "CREATE VIEW reporting.holds AS"
        " SELECT h.account_id || '.' || h.id AS hold_id, w.program_id, w.currency_id, w.owner AS member_id,"
        " h.partner_id, h.external_id, h.amount AS points, h.amount - h.captured - h.released AS points_held,"
        " h.expires_at FROM public.hold h JOIN public.account w ON w.id = h.account_id AND w.kind = 1 "
        + _REAL.format(of="w")
        + " WHERE h.amount > h.captured + h.released"
    )
    for name, meaning in _SAID.items():
        op.execute(f"COMMENT ON VIEW reporting.{name} IS '{meaning}'")
    op.execute(f"GRANT SELECT ON reporting.holds TO coalition_reporting, {APP_ROLE}")
