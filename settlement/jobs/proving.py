"""What was closed is proven: its records go into the program's tree, the tree is signed, and bundles are written.

A close tells by the outbox; a sweeper finds what was missed. Each step is a transaction of its own and may be done
again; a bundle goes to the store between two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Protocol, TypeVar

import structlog

from coalition import programs
from coalition.kernel import jobs, outbox, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.ports import FileStore
from settlement import proofs, statements

PROVE = "settlement.prove"
_LEASE_S = 900
_CHUNK = 1000
T = TypeVar("T")
log = structlog.get_logger()


class Step(Protocol):
    """How one transaction is run: a job's with its lease, a command's plainly."""

    def __call__(self, work: Callable[[], T], *, lease_s: int = ...) -> T: ...


@dataclass(frozen=True, slots=True)
class Proven:
    """What a run did: periods appended to their trees, bundles written, statements whose rows have changed since."""

    periods: int
    bundles: int
    refused: tuple[int, ...]


@outbox.subscribe("period.closed", consumer="settlement.proofs")
def closed(event: outbox.Event) -> None:
    """A period was closed: prove it."""
    jobs.enqueue(PROVE, {}, key=str(event.id))


@jobs.handles(PROVE)
def prove(task: jobs.Task) -> None:
    """Prove all that waits. Fails, once the rest is done, if closed rows have changed under a statement."""
    done = prove_all(task.step)
    if done.refused:
        raise RuntimeError(f"rows of closed statements have changed: {done.refused[:10]}")


def prove_all(step: Step) -> Proven:
    """Append and sign every period that waits, then write every bundle that is missing."""
    periods = step(proofs.unproven)
    for program_id, period_id in periods:
        step(lambda at=(program_id, period_id): proofs.append(*at), lease_s=_LEASE_S)  # type: ignore[misc]
    bundles, refused = 0, []
    for program in step(programs.list_programs):
        for statement_id in step(lambda program=program: proofs.unbundled(program.id)):  # type: ignore[misc]
            try:
                bundle(step, statement_id)
                bundles += 1
            except Refusal as refusal:
                log.error("bundle_refused", statement=statement_id, code=refusal.code)
                refused.append(statement_id)
    return Proven(len(periods), bundles, tuple(refused))


def plainly(work: Callable[[], T], *, lease_s: int = 0) -> T:
    """A step outside any job."""
    return transact(work)


def bundle(step: Step, statement_id: int) -> None:
    """Write the bundle of one statement that is in the tree, and keep its hash."""
    with TemporaryFile() as file:

        def write() -> str:
            statement = statements.get(statement_id)
            proofs.write(statement, file)
            return proofs.key_of(statement)

        key = step(write, lease_s=_LEASE_S)
        stored = ports.get(FileStore).put(key, file)  # type: ignore[arg-type]
    step(lambda: proofs.keep(statement_id, stored))


jobs.every("settlement.prove", 300, PROVE)
