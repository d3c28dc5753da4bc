"""Processes that live through the story of an order and are killed on the way; and a supplier that outlives them.

The story is cut at every single pass of a crash point: while it is placed, while its supplier is spoken to, while it is
cancelled. Its next life begins from the beginning, as a client and a worker do.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from catalog import orders
from catalog.ports import (
    Accepted,
    Address,
    Artefact,
    Cancelled,
    Caps,
    Failure,
    NotFound,
    Outcome,
    Pending,
    Reserved,
    SupplierAccess,
    SupplierLine,
    Undone,
)
from coalition.kernel import crash, jobs
from coalition.kernel.db import db, execute, transact
from tests.catalog.orders.builders import FakeSupplier

HOLDS = Caps(hold=True, idempotent_create=True, lookup_by_client_ref=True, cancel=True)
NOT_TWICE = Caps(lookup_by_client_ref=True, not_found_is_final_after_s=0)


@dataclass
class Ledgered(FakeSupplier):
    """A supplier whose book is a folder: a file for each reference, a line for everything that really happened.

    Without `idempotent_create` it takes whatever it is sent, every time.
    """

    folder: Path = Path()
    sku: str = ""

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        if not self.told_of(client_ref):
            self._write(client_ref, "held")
        return self._held(client_ref)

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        if not self.can.idempotent_create or self.told_of(client_ref)[-1:] != ["taken"]:
            self._write(client_ref, "taken")
        return self._accepted(client_ref)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        ends: dict[str, Outcome] = {
            "held": self._held(client_ref),
            "taken": self._accepted(client_ref),
            "cancelled": Cancelled(),
            "released": NotFound(),
        }
        return ends[(self.told_of(client_ref) or ["released"])[-1]]

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        if self.told_of(client_ref)[-1:] == ["held"]:
            self._write(client_ref, "released")
        return Cancelled()

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        if self.told_of(client_ref)[-1:] == ["taken"]:
            self._write(client_ref, "cancelled")
        return Cancelled()

    def told_of(self, client_ref: str) -> list[str]:
        """What happened under a reference, in its order."""
        file = self.folder / client_ref
        return file.read_text().split() if file.exists() else []

    def _write(self, client_ref: str, word: str) -> None:
        with (self.folder / client_ref).open("a") as file:
            file.write(f"{word}\n")

    def _accepted(self, client_ref: str) -> Accepted:
        return Accepted(f"X-{client_ref}", artefacts=(Artefact(self.sku, 1, "code", f"code of {client_ref}"),))


def live(story: Callable[[], None], killed_at: int | None = None) -> bool:
    """Live through a story in a process of its own, killed by SIGKILL at its n-th pass; whether it was."""
    db.session.remove()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)
            with counting(killed_at):
                story()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), (code, killed_at)
    return code != 0


@contextmanager
def counting(killed_at: int | None) -> Iterator[list[str]]:
    """Count the passes of crash points that are an order's own: in a door, and inside the job that asks."""
    passed: list[str] = []
    kept = crash.point, jobs.queue.handler(orders.JOB)

    def point(name: str) -> None:
        passed.append(name)
        if len(passed) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def within(task: jobs.Task) -> None:
        crash.point = point
        try:
            kept[1](task)
        finally:
            crash.point = kept[0]

    jobs.handles(orders.JOB)(within)
    crash.point = point
    try:
        yield passed
    finally:
        crash.point = kept[0]
        jobs.handles(orders.JOB)(kept[1])


def work() -> None:
    """A worker's life: whatever is due, or was left behind by a dead one, until nothing is. Only its asking may die."""
    mortal, crash.point = crash.point, lambda name: None
    try:
        for _ in range(4):
            transact(lambda: execute("UPDATE job SET due_at = now() WHERE state IN ('due', 'running')"))
            jobs.run_due(50)
    finally:
        crash.point = mortal
