"""A schema of views to read from: for reporting tools, with a role of its own that sees nothing else."""

from alembic import op

from coalition.migrations.grants import APP_ROLE, create_role, grant_app

revision = "0060_reporting"
down_revision = "0059_known_browsers"

_ROLE = "coalition_reporting"
_REAL = "JOIN public.program g ON g.id = {of}.program_id AND g.kind <> 'test'"

_VIEWS = {
    "programs": (
        "Loyalty programs; test modes of partners are in no view.",
        "SELECT g.id AS program_id, g.code, g.name, g.state, g.currency, g.currency_decimals, g.created_at"
        " FROM public.program g WHERE g.kind <> 'test'",
    ),
    "partners": (
        "Partners of a program.",
        "SELECT p.id AS partner_id, p.program_id, p.code, p.name, p.roles, p.created_at FROM public.partner p "
        + _REAL.format(of="p"),
    ),
    "companies": (
        "Legal entities: who pays and is paid.",
        "SELECT e.id AS company_id, e.program_id, e.partner_id, e.code, e.name, e.country"
        " FROM public.legal_entity e " + _REAL.format(of="e"),
    ),
    "outlets": (
        "Outlets of partners.",
        "SELECT o.id AS outlet_id, p.program_id, o.partner_id, o.legal_entity_id AS company_id, o.code, o.name, o.city,"
        " o.closed_at FROM public.outlet o JOIN public.partner p ON p.id = o.partner_id " + _REAL.format(of="p"),
    ),
    "currencies": (
        "Currencies of points; amounts are whole units of the last of `decimals` places.",
        "SELECT c.id AS currency_id, c.program_id, c.code, c.name_en AS name, c.decimals, c.kind,"
        " c.face_minor AS worth_minor FROM public.currency c " + _REAL.format(of="c"),
    ),
    "members": (
        "Members, without names or addresses; one who was merged names the member that goes on.",
        "SELECT m.id AS member_id, m.program_id, m.enrolled_by AS partner_id, m.state, m.tier, m.enrolled_at,"
        " m.merged_into AS merged_into_member_id FROM public.member m " + _REAL.format(of="m"),
    ),
    "purchases": (
        "Receipts; money in the minor units of `currency`. `points_paid_minor` is what points paid of the total.",
        "SELECT r.id AS purchase_id, r.program_id, r.partner_id, r.outlet_id, r.legal_entity_id AS company_id,"
        " r.member_id, r.external_id, r.channel, r.currency, r.total_minor, r.points_paid_minor, r.occurred_at,"
        " r.recorded_at FROM public.purchase r " + _REAL.format(of="r"),
    ),
    "purchase_lines": (
        "Lines of receipts; `quantity_m` in thousandths of the unit.",
        "SELECT l.purchase_id, l.no AS line_no, r.program_id, l.sku, l.name, l.category, l.qty_m AS quantity_m,"
        " l.price_minor, l.amount_minor, r.recorded_at FROM public.purchase_line l"
        " JOIN public.purchase r ON r.id = l.purchase_id " + _REAL.format(of="r"),
    ),
    "returns": (
        "What was taken back of receipts, whole or in part.",
        "SELECT t.id AS return_id, t.purchase_id, r.program_id, t.partner_id, t.external_id, t.kind, t.refund_minor,"
        " t.occurred_at, t.recorded_at FROM public.purchase_return t JOIN public.purchase r ON r.id = t.purchase_id "
        + _REAL.format(of="r"),
    ),
    "awards": (
        "Points given for receipts, and by which promotion; without one it was the base rule.",
        "SELECT a.purchase_id, a.no AS award_no, r.program_id, a.currency_id, a.units AS points, a.promotion,"
        " a.promotion_version, a.issuer_id AS company_id, a.available_at, nullif(a.expires_at, 'infinity') AS"
        " expires_at, r.recorded_at FROM public.award a JOIN public.purchase r ON r.id = a.purchase_id "
        + _REAL.format(of="r"),
    ),
    "movements": (
        "The journal of points by whom they are funded; `points` as the member sees them: their sum is the balance.",
        "SELECT v.movement_id, v.program_id, v.currency_id, CASE WHEN w.kind = 1 THEN w.owner END AS member_id, v.kind,"
        " CASE v.kind WHEN 'issue' THEN v.points ELSE -v.points END AS points, v.party_id AS funded_by_company_id,"
        " v.partner_id, v.external_id, v.occurred_at, v.recorded_at FROM public.ledger_movements v"
        " JOIN public.account w ON w.id = v.account_id " + _REAL.format(of="v"),
    ),
    "lots": (
        "What is left of points now, by when they expire: what the program still owes.",
        "SELECT l.entry_id AS lot_id, w.program_id, w.currency_id, w.owner AS member_id, l.amount AS points,"
        " l.remaining AS points_left, nullif(l.active_at, '-infinity') AS active_at,"
        " nullif(l.expires_at, 'infinity') AS expires_at FROM public.lot l"
        " JOIN public.account w ON w.id = l.account_id AND w.kind = 1 " + _REAL.format(of="w"),
    ),
    "orders": (
        "Orders in the rewards catalog as they stand now.",
        "SELECT o.id AS order_id, o.program_id, o.partner_id, o.member_id, o.external_id, o.state, o.currency_id,"
        " o.points, o.points_paid, o.cash_minor, o.cash_currency, o.placed_at AS recorded_at"
        " FROM public.customer_order o " + _REAL.format(of="o"),
    ),
    "order_lines": (
        "Lines of orders; `unit_cost_minor` is what the supplier asks for a piece.",
        "SELECT l.order_id, l.no AS line_no, o.program_id, l.reward_id, c.supplier_id, l.supplier_sku AS sku,"
        " l.title_en AS title, l.qty AS pieces, l.unit_points, l.points_paid, l.cash_minor, l.unit_cost_minor,"
        " c.cost_currency, l.state, o.placed_at AS recorded_at FROM public.order_line l"
        " JOIN public.customer_order o ON o.id = l.order_id JOIN public.consignment c ON c.id = l.consignment_id "
        + _REAL.format(of="o"),
    ),
    "statements": (
        "Statements of closed periods; positions in minor units: positive is to be received.",
        "SELECT s.id AS statement_id, s.program_id, d.code AS period, s.legal_entity_id AS company_id, s.number,"
        " s.version, s.is_operator, s.currency, s.position_minor, s.settlement_currency, s.settlement_minor,"
        " s.issued_at AS recorded_at FROM public.statement s JOIN public.settlement_period d ON d.id = s.period_id "
        + _REAL.format(of="s"),
    ),
}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE extract_day (
            day date PRIMARY KEY,
            rows jsonb NOT NULL,
            made_at timestamptz NOT NULL)""")
    grant_app("extract_day")
    op.execute("CREATE SCHEMA reporting")
    create_role(_ROLE)
    for name, (meaning, query) in _VIEWS.items():
        op.execute(f"CREATE VIEW reporting.{name} AS {query}")
        op.execute("COMMENT ON VIEW reporting.{} IS '{}'".format(name, meaning.replace("'", "''")))
    op.execute(f"GRANT USAGE ON SCHEMA reporting TO {_ROLE}, {APP_ROLE}")
    op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO {_ROLE}, {APP_ROLE}")
    op.execute(f"GRANT SELECT ON public.funding_leg TO {_ROLE}")  # the function that splits movements reads it
