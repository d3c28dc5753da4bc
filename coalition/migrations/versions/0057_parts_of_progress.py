"""A return of a part takes back its part of what a purchase brought of progress and tickets.

So one effect may have several rows that undo it, each of which names its return. Without one the
row ends the effect, as it did: all of the purchase has come back.
"""

from alembic import op

revision = "0057_parts_of_progress"
down_revision = "0056_states_stand"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE given_effect
            DROP CONSTRAINT uq_given_effect_undoes,
            ADD return_id bigint REFERENCES purchase_return,
            ADD CONSTRAINT ck_given_effect_return CHECK (return_id IS NULL OR undoes IS NOT NULL)""")
    op.execute("""
        CREATE UNIQUE INDEX uq_given_effect_undoes ON given_effect (undoes, return_id) NULLS NOT DISTINCT
         WHERE undoes IS NOT NULL""")
