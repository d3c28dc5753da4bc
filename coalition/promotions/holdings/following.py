"""Holdings and coupons of a member who was merged into another follow it, as its points did."""

from __future__ import annotations

from coalition.kernel.db import execute

_COUNTED = "('progress', 'completed', 'badge', 'crown', 'ticket')"
# What goes is what is taken, in one statement: what is given in between stays where it is.
_TAKE = f"""
    WITH gone AS (DELETE FROM member_holding WHERE member_id = :from RETURNING *)
    INSERT INTO member_holding AS h (program_id, member_id, kind, name, value, text, until)
    SELECT program_id, :into, kind, name, value, text, until FROM gone ORDER BY kind, name
    ON CONFLICT (member_id, kind, name) DO UPDATE
       SET value = CASE WHEN h.kind IN {_COUNTED} THEN h.value + excluded.value ELSE h.value END, changed_at = now()"""


def follow(from_id: int, into_id: int) -> None:
    """Make everything of the one the other's: what is counted adds up, of the rest the survivor's own stays.

    Again changes nothing. Locks both members' holdings, then the coupons.
    """
    both = {"from": from_id, "into": into_id}
    execute(_TAKE, both)
    execute("UPDATE coupon SET member_id = :into WHERE member_id = :from", both)
    execute(
        "WITH gone AS (DELETE FROM coupon_member WHERE member_id = :from RETURNING *)"
        " INSERT INTO coupon_member AS c (batch_id, member_id, used)"
        " SELECT batch_id, :into, used FROM gone ORDER BY batch_id"
        " ON CONFLICT (batch_id, member_id) DO UPDATE SET used = c.used + excluded.used",
        both,
    )
    execute(
        "INSERT INTO member_progress_day (member_id, name, day)"
        " SELECT :into, name, day FROM member_progress_day WHERE member_id = :from ON CONFLICT DO NOTHING",
        both,
    )
