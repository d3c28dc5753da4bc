"""A member's cart: lines gathered before they are quoted. It promises nothing; checking it out makes a quote.

A member has one living cart (`open` or `checking_out`). Whatever changes its lines supersedes the quote that it was
checked out with and opens it again. Locks: the quote, then the cart, as an order does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from catalog import rewards
from catalog.pricing.personal.personalising import personal
from catalog.pricing.quoting import MAX_LINES, MAX_QTY
from catalog.rewards import Reward
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one, session
from coalition.kernel.errors import FieldError, Invalid, NotFound

_ALIVE = "state IN ('open', 'checking_out')"


@dataclass(frozen=True, slots=True)
class CartLine:
    """Pieces of one reward; `points_then` is the member's price of a piece when it was put in, `points` the one of
    now, `base_points` everybody's."""

    reward: Reward
    qty: int
    points_then: int
    points: int
    base_points: int

    @property
    def problem(self) -> str | None:
        """Why it cannot be ordered: `gone` from the catalog, `out_of_stock`, or fewer pieces are left (`short`)."""
        if self.reward.state != "on_sale":
            return "gone"
        if not self.reward.in_stock:
            return "out_of_stock"
        left = self.reward.available
        return "short" if left is not None and left < self.qty else None


@dataclass(frozen=True, slots=True)
class Cart:
    """What a member has gathered, in the order of gathering; `quote_id` holds the price while it is checked out."""

    id: int | None
    state: str
    quote_id: int | None
    held_until: dt.datetime | None
    lines: tuple[CartLine, ...]

    @property
    def points(self) -> int:
        """What the goods that can be ordered cost now, without delivery."""
        return sum(line.qty * line.points for line in self.lines if line.problem is None)

    @property
    def pieces(self) -> int:
        """How many pieces lie in it."""
        return sum(line.qty for line in self.lines)


def cart(program_id: int, member_id: int) -> Cart:
    """The member's living cart at today's prices; an empty one of nobody if there is none."""
    row = fetch_one(
        "SELECT c.id, c.state, c.quote_id, q.expires_at FROM cart c LEFT JOIN quote q ON q.id = c.quote_id"
        f" AND q.state = 'active' AND q.expires_at > now() WHERE c.member_id = :member_id AND c.{_ALIVE}",
        {"member_id": member_id},
    )
    if row is None:
        return Cart(None, "open", None, None, ())
    lines = fetch_all(
        "SELECT reward_id, qty, points_then FROM cart_line WHERE cart_id = :id"
        " ORDER BY added_at, reward_id LIMIT :most",
        {"id": row.id, "most": MAX_LINES},
    )
    known = rewards.many(program_id, [line.reward_id for line in lines])
    prices = personal(program_id, member_id, known)
    told = [
        CartLine(found, line.qty, line.points_then, prices[found.id].points, prices[found.id].base_points)
        for line in lines
        if (found := known.get(line.reward_id))
    ]
    return Cart(row.id, row.state, row.quote_id, row.expires_at, tuple(told))


def pieces(member_id: int) -> int:
    """How many pieces lie in the member's living cart."""
    row = fetch_one(
        "SELECT coalesce(sum(l.qty), 0) AS n FROM cart c JOIN cart_line l ON l.cart_id = c.id"
        f" WHERE c.member_id = :member_id AND c.{_ALIVE}",
        {"member_id": member_id},
    )
    return int(row.n) if row else 0


def add(program_id: int, member_id: int, wanted: Sequence[tuple[int, int]]) -> Cart:
    """Put pieces of rewards into the cart; of what lies there already, it becomes more.

    Raises NotFound for what is not on sale, Invalid `cart_full` beyond the lines or pieces that an order may have.
    """
    cart_id = _open(program_id, member_id)
    for reward_id, qty in wanted:
        points = _price(program_id, member_id, reward_id)
        added = 1 <= qty <= MAX_QTY and execute(
            "INSERT INTO cart_line (cart_id, reward_id, qty, points_then) VALUES (:id, :reward_id, :qty, :points)"
            " ON CONFLICT (cart_id, reward_id) DO UPDATE SET qty = cart_line.qty + excluded.qty"
            f" WHERE cart_line.qty + excluded.qty <= {MAX_QTY}",
            {"id": cart_id, "reward_id": reward_id, "qty": qty, "points": points},
        )
        if not added:
            raise _too_much("/qty", f"From 1 to {MAX_QTY} pieces of a reward.")
    row = fetch_one("SELECT count(*) AS n FROM cart_line WHERE cart_id = :id", {"id": cart_id})
    if row is None or row.n > MAX_LINES:
        raise _too_much("/lines", f"At most {MAX_LINES} rewards in an order.")
    return cart(program_id, member_id)


def set_quantity(program_id: int, member_id: int, reward_id: int, qty: int) -> Cart:
    """Let so many pieces of a reward lie in the cart; none takes it out. What does not lie there is left alone."""
    if not 0 <= qty <= MAX_QTY:
        raise _too_much("/qty", f"From 0 to {MAX_QTY} pieces of a reward.")
    known = {"id": _open(program_id, member_id), "reward_id": reward_id, "qty": qty}
    if qty:
        execute("UPDATE cart_line SET qty = :qty WHERE cart_id = :id AND reward_id = :reward_id", known)
    else:
        execute("DELETE FROM cart_line WHERE cart_id = :id AND reward_id = :reward_id", known)
    return cart(program_id, member_id)


def absorb(program_id: int, from_id: int, into_id: int) -> int:
    """Let the cart of a member that was merged go over into the survivor's; how many rewards came along.

    What the survivor's cart has no room for stays behind with the old cart, which is `merged`.
    """
    left_id = lock(from_id)
    if left_id is None:
        return 0
    lines = fetch_all(
        "SELECT reward_id, qty FROM cart_line WHERE cart_id = :id ORDER BY added_at, reward_id LIMIT :most",
        {"id": left_id, "most": MAX_LINES},
    )
    for state in ("open", "merged"):  # one at the checkout opens again first
        execute(
            "UPDATE cart SET state = :state, quote_id = NULL, changed_at = now() WHERE id = :id AND state <> :state",
            {"id": left_id, "state": state},
        )
    moved = 0
    for line in lines:
        with suppress(NotFound, Invalid), session().begin_nested():
            add(program_id, into_id, [(line.reward_id, line.qty)])
            moved += 1
    return moved


def abandon(limit: int) -> int:
    """Close up to `limit` carts that nobody has touched for ninety days; the number closed. A checkout ends with it."""
    forgotten = [
        row.id
        for row in fetch_all(
            f"SELECT id FROM cart WHERE {_ALIVE} AND changed_at < now() - interval '90 days'"
            " ORDER BY changed_at LIMIT :limit FOR UPDATE SKIP LOCKED",
            {"limit": limit},
        )
    ]
    if not forgotten:
        return 0
    ids = {"ids": forgotten}
    execute("UPDATE cart SET state = 'open', quote_id = NULL WHERE id = ANY(:ids) AND state = 'checking_out'", ids)
    return execute("UPDATE cart SET state = 'abandoned', quote_id = NULL WHERE id = ANY(:ids)", ids)


def lock(member_id: int) -> int | None:
    """Let the quote of the member's living cart lapse and lock the cart; its id, if there is one.

    Raises RacingKey when it was checked out at the same moment: `transact` tries again, and that quote lapses, too.
    """
    _supersede(member_id)
    row = fetch_one(
        f"SELECT id, quote_id FROM cart WHERE member_id = :id AND {_ALIVE} FOR NO KEY UPDATE", {"id": member_id}
    )
    if row is None:
        return None
    if fetch_one("SELECT 1 FROM quote WHERE id = :id AND state = 'active'", {"id": row.quote_id}):
        raise RacingKey
    return int(row.id)


def _open(program_id: int, member_id: int) -> int:
    """Lock the living cart, or make one, as an open one without a quote; its id. Raises RacingKey as `lock` does."""
    lock(member_id)
    row = fetch_one(
        "INSERT INTO cart (program_id, member_id) VALUES (:program_id, :member_id)"
        f" ON CONFLICT (member_id) WHERE {_ALIVE} DO UPDATE SET state = 'open', quote_id = NULL, changed_at = now()"
        " RETURNING id",
        {"program_id": program_id, "member_id": member_id},
    )
    assert row is not None
    return int(row.id)


def _supersede(member_id: int) -> None:
    execute(
        "UPDATE quote SET state = 'superseded' WHERE state = 'active' AND id ="
        f" (SELECT quote_id FROM cart WHERE member_id = :member_id AND {_ALIVE})",
        {"member_id": member_id},
    )


def _price(program_id: int, member_id: int, reward_id: int) -> int:
    found = rewards.get(program_id, reward_id)
    if found.state != "on_sale":
        raise NotFound()
    return personal(program_id, member_id, [reward_id])[reward_id].points


def _too_much(pointer: str, words: str) -> Invalid:
    return Invalid("cart_full", "The cart cannot hold this.", [FieldError(pointer, "cart_full", words)])
