"""What a member keeps an eye on: the wish list with the price that was seen, and what was looked at last."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog import rewards
from catalog.pricing.personal.personalising import personal
from catalog.rewards import Reward
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

MOST_WISHES = 100
MOST_VIEWED = 24


@dataclass(frozen=True, slots=True)
class Wish:
    """A reward that a member would like: `points_then` is its price for them when it was wished for,
    `points` the one of now."""

    reward: Reward
    points_then: int
    points: int
    added_at: dt.datetime


def wish(program_id: int, member_id: int, reward_id: int) -> bool:
    """Put a reward on the member's wish list with its price of now; whether it was not there yet.

    Raises NotFound for what is not on sale, Invalid `wishes_full` beyond a hundred.
    """
    found = rewards.get(program_id, reward_id)
    if found.state != "on_sale":
        raise NotFound()
    points = personal(program_id, member_id, [reward_id])[reward_id].points
    known = {"member_id": member_id, "reward_id": reward_id, "program_id": program_id, "points": points}
    added = execute(
        "INSERT INTO wish (member_id, reward_id, program_id, points_then) VALUES (:member_id, :reward_id,"
        " :program_id, :points) ON CONFLICT (member_id, reward_id) DO NOTHING",
        known,
    )
    row = fetch_one("SELECT count(*) AS n FROM wish WHERE member_id = :member_id", known)
    if row is None or row.n > MOST_WISHES:
        problem = FieldError("/reward_id", "wishes_full", f"At most {MOST_WISHES} wishes.")
        raise Invalid("wishes_full", "The wish list is full.", [problem])
    return added == 1


def forget_wish(member_id: int, reward_id: int) -> None:
    """Take a reward from the member's wish list."""
    execute(
        "DELETE FROM wish WHERE member_id = :member_id AND reward_id = :reward_id",
        {"member_id": member_id, "reward_id": reward_id},
    )


def absorb_wishes(from_id: int, into_id: int) -> int:
    """Let the wishes of a member that was merged go over to the survivor, the newest first, as far as there is room."""
    return execute(
        "WITH taken AS (DELETE FROM wish WHERE member_id = :from_id"
        " RETURNING reward_id, program_id, points_then, added_at)"
        " INSERT INTO wish (member_id, reward_id, program_id, points_then, added_at)"
        " SELECT :into_id, t.* FROM taken t"
        " WHERE NOT EXISTS (SELECT FROM wish w WHERE w.member_id = :into_id AND w.reward_id = t.reward_id)"
        " ORDER BY t.added_at DESC"
        " LIMIT greatest(0, :most - (SELECT count(*) FROM wish WHERE member_id = :into_id)) ON CONFLICT DO NOTHING",
        {"from_id": from_id, "into_id": into_id, "most": MOST_WISHES},
    )


def wishes(program_id: int, member_id: int) -> list[Wish]:
    """The member's wish list, newest first, with today's prices; what has left the catalog included."""
    rows = fetch_all(
        "SELECT reward_id, points_then, added_at FROM wish WHERE member_id = :member_id AND program_id = :program_id"
        " ORDER BY added_at DESC, reward_id DESC LIMIT :most",
        {"member_id": member_id, "program_id": program_id, "most": MOST_WISHES},
    )
    known = rewards.many(program_id, [row.reward_id for row in rows])
    prices = personal(program_id, member_id, known)
    return [
        Wish(found, row.points_then, prices[found.id].points, row.added_at)
        for row in rows
        if (found := known.get(row.reward_id))
    ]


def wished(member_id: int) -> frozenset[int]:
    """The ids of the rewards on the member's wish list."""
    rows = fetch_all(
        "SELECT reward_id FROM wish WHERE member_id = :member_id LIMIT :most",
        {"member_id": member_id, "most": MOST_WISHES},
    )
    return frozenset(row.reward_id for row in rows)


def note_view(program_id: int, member_id: int, reward_id: int) -> None:
    """The member looks at a reward; only the last two dozen are remembered."""
    known = {"member_id": member_id, "reward_id": reward_id, "program_id": program_id, "most": MOST_VIEWED}
    noted = execute(
        "INSERT INTO reward_view (member_id, reward_id, program_id) VALUES (:member_id, :reward_id, :program_id)"
        " ON CONFLICT (member_id, reward_id) DO UPDATE SET seen_at = clock_timestamp()"
        " WHERE reward_view.seen_at < now() - interval '1 minute'",
        known,
    )
    if noted:
        execute(
            "DELETE FROM reward_view WHERE member_id = :member_id AND reward_id IN (SELECT reward_id FROM reward_view"
            " WHERE member_id = :member_id ORDER BY seen_at DESC, reward_id DESC OFFSET :most)",
            known,
        )


def viewed(program_id: int, member_id: int, limit: int = MOST_VIEWED) -> list[Reward]:
    """What the member looked at, the last first, as far as it is still on sale."""
    rows = fetch_all(
        "SELECT reward_id FROM reward_view WHERE member_id = :member_id AND program_id = :program_id"
        " ORDER BY seen_at DESC, reward_id DESC LIMIT :most",
        {"member_id": member_id, "program_id": program_id, "most": MOST_VIEWED},
    )
    known = rewards.many(program_id, [row.reward_id for row in rows])
    found = [known[row.reward_id] for row in rows if row.reward_id in known]
    return [one for one in found if one.state == "on_sale"][:limit]


def forget_views(member_id: int) -> None:
    """Forget what the member has looked at."""
    execute("DELETE FROM reward_view WHERE member_id = :member_id", {"member_id": member_id})
