"""What a registry's lines issued, currency by currency; files that were tried before this keep their sum alone."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0068_issued"
down_revision = "0067_shorter_ways"

_STATEMENTS = (
    """
    CREATE TABLE registry_issued (
        registry_id bigint NOT NULL REFERENCES registry,
        currency_id int NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_registry_issued_units CHECK (units > 0),
        PRIMARY KEY (registry_id, currency_id))""",
    """
    INSERT INTO registry_issued
    SELECT x.registry_id, x.currency_id, sum(x.units) FROM (
        SELECT p.registry_id, a.currency_id, a.units FROM award a JOIN purchase p ON p.id = a.purchase_id
        UNION ALL
        SELECT e.registry_id, a.currency_id, a.units FROM event_award a JOIN event e ON e.id = a.event_id
        UNION ALL
        SELECT t.registry_id, t.currency_id, t.units FROM takeover t) x
     WHERE x.registry_id IS NOT NULL AND x.units > 0 GROUP BY 1, 2""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    grant_app("registry_issued")
