"""The age of what is forgotten is looked up in trees.

Where old rows go and new ones take their place, every range of pages has after a while held something old, and a BRIN
index, whose ranges never become narrower, leads to all of them (ADR 18). Tables that only grow keep theirs.

A tree holds what a step still has to do something about, and a row leaves it when that is done: jobs that are done,
events that were handed over, letters that are not waiting, contents and answers until they are blanked.
"""

from alembic import op

revision = "0066_ages"
down_revision = "0065_promo_order"

_TREES = {
    "idempotency_age": "idempotency (created_at)",
    "request_log_age": "request_log (at)",
    "job_over": "job (finished_at) WHERE state = 'done'",
    "outbox_age": "outbox (created_at) WHERE delivered_at IS NOT NULL",
    "letter_age": "letter (closed_at) WHERE state <> 'waiting'",
    "supplier_call_at": "supplier_call (at)",
    "webhook_attempt_age": "webhook_attempt (at) WHERE answer IS NOT NULL",
    "webhook_event_age": "webhook_event (created_at) WHERE data IS NOT NULL",
    "webhook_event_blank": "webhook_event (created_at) WHERE data IS NULL",
}


def upgrade() -> None:
    for name, what in _TREES.items():
        op.execute(f"DROP INDEX IF EXISTS {name}")
        op.execute(f"CREATE INDEX {name} ON {what}")
    op.execute("""
        CREATE OR REPLACE FUNCTION prune_supplier_calls() RETURNS bigint
            LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
            WITH gone AS (
                DELETE FROM public.supplier_call WHERE id IN (
                    SELECT id FROM public.supplier_call WHERE at < now() - interval '30 days' ORDER BY at LIMIT 10000)
                RETURNING 1)
            SELECT count(*) FROM gone $$""")
