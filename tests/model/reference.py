"""A reference ledger: what the points ledger must come to, in plain Python, with no SQL, no clock and no concurrency.

It knows wallets, lots, draws, holds and debts as values and nothing of tables. It is written from
`docs/flows/ledger.md` and shares no line with the code that it judges. Instants are whatever the caller compares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.model import drawing
from tests.model.drawing import ALWAYS, LAST, PRO_RATA, Draw, Legs, Lot

Standing = tuple[int, int, int, int, int]  # available, usable in some contexts, pending, held, arrears


class Refused(Exception):
    """The operation is not possible; its code."""


@dataclass
class Hold:
    """Points set aside: the draws that are neither captured nor put back, first drawn first."""

    wallet: int
    draws: list[Draw]
    until: float
    open: bool = True

    @property
    def left(self) -> int:
        return sum(draw.amount for draw in self.draws)


@dataclass
class Spent:
    """What one redemption drew and has not been given back."""

    wallet: int
    draws: list[Draw]

    @property
    def left(self) -> int:
        return sum(draw.amount for draw in self.draws)


@dataclass
class Wallet:
    """Lots with points left, and what is owed, oldest first."""

    lots: list[Lot] = field(default_factory=list)
    debts: list[int] = field(default_factory=list)


class Ledger:
    """All wallets. Every operation either happens as a whole or raises Refused and changes nothing."""

    def __init__(self) -> None:
        self.wallets: dict[int, Wallet] = {}
        self.holds: dict[int, Hold] = {}
        self.spendings: dict[int, Spent] = {}
        self.asked_back: Counter = Counter()
        self.credits: dict[int, int] = {}
        self.homes: dict[int, int] = {}
        self.births = 0

    def wallet(self, wallet: int) -> Wallet:
        return self.wallets.setdefault(wallet, Wallet())

    def home(self, wallet: int) -> int:
        """The wallet that a merged one's points belong to now, or itself."""
        return self.homes.get(wallet, wallet)

    def earn(self, wallet: int, credit: int, amount: int, legs: Legs, **lot: Any) -> None:
        """A credit: a new lot; out of an ordinary one the oldest debts are paid first."""
        self.credits[credit] = amount
        born = self._bear(wallet, Lot(f"c{credit}", 0, amount, amount, legs, own=True, **lot))
        if born.restriction is None:
            self._pay_debts(self.wallet(wallet), born)

    def spend(
        self, wallet: int, debit: int, amount: int, now: float, *, rule: str = "fefo", eligible: Sequence = ()
    ) -> None:
        """A redemption."""
        draws = self._draw(wallet, amount, now, rule, eligible)
        self.spendings[debit] = Spent(wallet, draws)

    def hold(self, wallet: int, hold: int, amount: int, now: float, until: float, **how: Any) -> None:
        """Points set aside until an instant."""
        self.holds[hold] = Hold(wallet, self._draw(wallet, amount, now, how.get("rule", "fefo"), ()), until)

    def capture(self, hold: int, debit: int, amount: int, now: float) -> None:
        """A part of a hold is redeemed."""
        held = self.holds[hold]
        if not held.open:
            raise Refused("hold_closed")
        if held.until <= now:
            raise Refused("hold_expired")
        if amount > held.left:
            raise Refused("hold_exceeded")
        taken, held.draws = drawing.first(held.draws, amount)
        self.spendings[debit] = Spent(held.wallet, taken)
        held.open = held.left > 0

    def release(self, hold: int) -> int:
        """What a hold has left goes back; how much that was."""
        held = self.holds[hold]
        if not held.open:
            raise Refused("hold_closed")
        left = held.left
        self._put_back(held.wallet, held.draws)
        held.draws, held.open = [], False
        return left

    def give_back(self, debit: int, amount: int, now: float, grace: float | None, order: str = LAST) -> None:
        """A redemption is taken back in part, in some order; lots that have ended live on until `grace`."""
        spent = self.spendings[debit]
        if amount > spent.left:
            raise Refused("return_exceeded")
        parts = drawing.in_proportion(spent.draws, amount) if order == PRO_RATA else drawing.last(spent.draws, amount)
        cut = [drawing.first([draw], draw.amount - part) for draw, part in zip(spent.draws, parts, strict=True)]
        taken = [draw for _, tail in cut for draw in tail]
        spent.draws = [draw for head, _ in cut for draw in head]
        self._put_back(spent.wallet, taken, now, grace)
        if self.home(spent.wallet) != spent.wallet:
            self._move_all(spent.wallet, self.home(spent.wallet), now)

    def claw_back(self, wallet: int, credit: int, amount: int, now: float, policy: str, floor: int) -> tuple:
        """A credit is taken back: (from its own lots, from others, owed, waived)."""
        if amount > self.credits[credit] - self.asked_back[credit]:
            raise Refused("return_exceeded")
        self.asked_back[credit] += amount
        purse = self.wallet(self.home(wallet))
        mine = [lot for lot in purse.lots if lot.root == f"c{credit}" and now < lot.expires]
        if policy == "only_pending":
            mine = [lot for lot in mine if lot.active > now]
        own = drawing.take(sorted(mine, key=lambda lot: (not lot.own, *drawing.fefo(lot))), amount)
        others = owed = 0
        if policy != "only_pending":
            free = [lot for lot in purse.lots if lot.usable(now) and lot.restriction is None]
            others = drawing.take(sorted(free, key=drawing.fefo), amount - own)
        if policy == "arrears":
            owed = min(amount - own - others, max(floor - sum(purse.debts), 0))
            purse.debts += [owed] if owed else []
        self._sweep(purse)
        return own, others, owed, amount - own - others - owed

    def transfer(self, source: int, target: int, amount: int, now: float) -> None:
        """Points move to another wallet and stay what they are."""
        for draw in self._draw(source, amount, now, "fefo", ()):
            self._bear(target, drawing.moved(draw))

    def convert(self, source: int, target: int, amount: int, result: int, now: float, expires: float | None) -> int:
        """Points become others in another wallet: `result` shared out over the draws; what they end up as."""
        draws = self._draw(source, amount, now, "fefo", ())
        shares = [divmod(result * draw.amount, amount) for draw in draws]
        missing = result - sum(share for share, _ in shares)
        lucky = sorted(range(len(draws)), key=lambda at: (-shares[at][1], draws[at].lot.born))[:missing]
        for at, draw in enumerate(draws):
            share = shares[at][0] + (at in lucky)
            if share:
                end = draw.lot.expires if expires is None else expires
                self._bear(target, replace(drawing.moved(draw), amount=share, remaining=share, expires=end))
        return result

    def merge(self, source: int, target: int, now: float) -> tuple[int, int]:
        """A wallet's points and debts become another's, who pays what it can; (points, arrears)."""
        if any(held.open and held.wallet == source for held in self.holds.values()):
            raise Refused("holds_open")
        gone, left = self.wallet(source), self.wallet(target)
        self._end(left, now)
        moved = self._move_all(source, target, now)
        owed = sum(gone.debts)
        left.debts, gone.debts = left.debts + gone.debts, []
        for lot in sorted(left.lots, key=drawing.fefo):
            if lot.usable(now) and lot.restriction is None:
                self._pay_debts(left, lot)
        self.homes = {wallet: target if home == source else home for wallet, home in self.homes.items()}
        self.homes[source] = target
        return moved, owed

    def expire(self, now: float) -> None:
        """What has ended goes; holds that have run out go back first."""
        for number, held in self.holds.items():
            if held.open and held.until <= now:
                self.release(number)
        for purse in self.wallets.values():
            self._end(purse, now)

    def standing(self, wallet: int, now: float) -> Standing:
        """Available, usable in some contexts only, pending, held and arrears."""
        purse = self.wallet(wallet)
        alive = [lot for lot in purse.lots if now < lot.expires]
        held = sum(hold.left for hold in self.holds.values() if hold.wallet == wallet and hold.open)
        usable = [lot for lot in alive if lot.active <= now]
        free = sum(lot.remaining for lot in usable if lot.restriction is None)
        bound = sum(lot.remaining for lot in usable) - free
        return free, bound, sum(lot.remaining for lot in alive) - free - bound, held, sum(purse.debts)

    def contents(self, wallet: int) -> Counter:
        """What lies in a wallet: points by (credit, end, restriction, who pays for them)."""
        found: Counter = Counter()
        for lot in self.wallet(wallet).lots:
            for party, points in drawing.split(lot.legs, lot.amount - lot.remaining, lot.amount).items():
                found[lot.root, lot.expires, lot.restriction, party] += points
        return Counter({key: points for key, points in found.items() if points})

    def _bear(self, wallet: int, lot: Lot) -> Lot:
        self.births += 1
        lot = replace(lot, born=self.births)
        self.wallet(wallet).lots.append(lot)
        return lot

    def _move_all(self, source: int, target: int, now: float) -> int:
        """Every lot that has not ended goes to another wallet, restricted and pending ones, too; how much that is."""
        purse, moved = self.wallet(source), 0
        for lot in sorted(purse.lots, key=drawing.fefo):
            if now < lot.expires:
                moved += lot.remaining
                draw = Draw(lot, lot.remaining, lot.amount - lot.remaining)
                self._bear(target, replace(drawing.moved(draw), restriction=lot.restriction))
            lot.remaining = 0
        purse.lots = []
        return moved

    def _draw(self, wallet: int, amount: int, now: float, rule: str, eligible: Sequence) -> list[Draw]:
        purse, caps = self.wallet(wallet), dict(eligible)
        usable = [lot for lot in purse.lots if lot.usable(now)]
        most = dict(caps)
        key = drawing.born if rule == "fifo" else drawing.fefo
        turns = {of: sum(one == 0 for one, _ in eligible[:at]) for at, (of, _) in enumerate(eligible)}
        promo = sorted(
            (lot for lot in usable if lot.restriction in caps), key=lambda lot: (turns[lot.restriction], key(lot))
        )
        free = [lot for lot in usable if lot.restriction is None]
        draws: list[Draw] = []
        rest = amount
        for lot in promo:
            take = min(lot.remaining, rest, most[lot.restriction])
            if take:
                most[lot.restriction] -= take
                rest -= take
                draws.append(Draw(lot, take, lot.amount - lot.remaining))
        if rest > sum(lot.remaining for lot in free):
            raise Refused("insufficient_points")
        for lot, take in drawing.RULES[rule](free, rest):
            draws.append(Draw(lot, take, lot.amount - lot.remaining))
        for draw in draws:
            draw.lot.remaining -= draw.amount
        self._sweep(purse)
        return [draw for draw in draws if draw.amount]

    def _put_back(self, wallet: int, draws: Sequence[Draw], now: float = ALWAYS, grace: float | None = None) -> None:
        purse = self.wallet(wallet)
        for draw in draws:
            lot = draw.lot
            ended = grace is not None and lot.expires <= now
            if len(lot.legs) > 1 or ended:
                expires = grace if ended and grace is not None else lot.expires
                legs = drawing.stretch(draw)
                child = Lot(lot.root, 0, draw.amount, draw.amount, legs, expires, lot.active, lot.restriction)
                self._bear(wallet, child)
            else:
                lot.remaining += draw.amount
                if lot not in purse.lots:
                    purse.lots.append(lot)

    def _pay_debts(self, purse: Wallet, lot: Lot) -> None:
        while purse.debts and lot.remaining:
            paid = min(purse.debts[0], lot.remaining)
            lot.remaining -= paid
            purse.debts[0] -= paid
            purse.debts = [debt for debt in purse.debts if debt]
        self._sweep(purse)

    def _end(self, purse: Wallet, now: float) -> None:
        """Lots that have ended are used up: what a hold puts back later is all that they have."""
        for lot in purse.lots:
            lot.remaining = lot.remaining if now < lot.expires else 0
        self._sweep(purse)

    def _sweep(self, purse: Wallet) -> None:
        purse.lots = [lot for lot in purse.lots if lot.remaining]
