"""Carts, quotes and reservations go only the ways that the design lists, whoever writes: a trigger refuses all others.

The ways of orders, consignments, returns and payments are tables that their recorded changes refer to; these three have
no recorded changes, so the row itself stands guard. Existing rows stay as they are.
"""

from alembic import op

revision = "0056_states_stand"
down_revision = "0056_gross_payments"

_WAYS = {
    "cart": ("open checking_out", "checking_out ordered", "checking_out open", "open abandoned", "open merged"),
    "quote": ("active used", "active expired", "active superseded"),
    "reservation": ("held committed", "held released"),
}
_FUNCTION = """
    CREATE FUNCTION state_goes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT OLD.state || ' ' || NEW.state = ANY (TG_ARGV) THEN
            RAISE EXCEPTION '% does not go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_ways';
        END IF;
        RETURN NEW;
    END $$"""


def upgrade() -> None:
    op.execute(_FUNCTION)
    for table, ways in _WAYS.items():
        listed = ", ".join(f"'{way}'" for way in ways)
        op.execute(
            f"CREATE TRIGGER {table}_ways BEFORE UPDATE OF state ON {table} FOR EACH ROW"
            f" WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION state_goes({listed})"
        )
