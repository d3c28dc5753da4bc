"""Which states a payment run and its payments may go through, as tables; nothing else is allowed anywhere. Pure.

The same pairs stand in the table `payout_transition`, to which every recorded change refers. A run is `settled` when
all of its payments are, but for those that were `dropped`: refused by the provider and given up, so that a later run
may take their statements again. A payment is `accepted` when its provider has it and the money is still to come. Money
that comes back opens a settled payment again, and its run: it is waited for once more, or was `rejected` by the bank.
"""

from __future__ import annotations

BIRTH = ""

RUN: dict[str, tuple[str, ...]] = {
    BIRTH: ("recorded",),
    "recorded": ("reserved", "aborted"),
    "reserved": ("committed", "aborted"),
    "committed": ("settled",),
    "settled": ("committed",),
    "aborted": (),
}

PAYMENT: dict[str, tuple[str, ...]] = {
    BIRTH: ("recorded",),
    "recorded": ("reserved", "aborted"),
    "reserved": ("committed", "aborted"),
    "committed": ("accepted", "partly_paid", "settled", "rejected"),
    "accepted": ("partly_paid", "settled", "rejected"),
    "partly_paid": ("settled", "accepted", "rejected"),
    "rejected": ("committed", "partly_paid", "settled", "dropped"),
    "settled": ("accepted", "partly_paid", "rejected"),
    "aborted": (),
    "dropped": (),
}

ABORTABLE = ("recorded", "reserved")
# Money may arrive in each of these; in `settled` it is too much.
PAYABLE = ("committed", "accepted", "partly_paid", "rejected", "settled")
# Its provider has it, and the money is still to come.
OPEN = ("accepted", "partly_paid")
ENDED = ("settled", "dropped", "aborted")


def transitions() -> list[tuple[str, str, str]]:
    """Every allowed change as (machine, from, to)."""
    machines = {"run": RUN, "payment": PAYMENT}
    return [(name, at, to) for name, states in machines.items() for at, targets in states.items() for to in targets]
