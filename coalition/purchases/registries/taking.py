"""Taking a registry's file: read in chunks, recorded a chunk at a time, a transaction a chunk.

A chunk's counts and its position in the file move with its purchases, so a process that dies leaves a registry from
which the next goes on without loss or repetition. One bad line never stops a file: it becomes a rejection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from coalition import programs
from coalition.kernel.db import fetch_one, raw, session
from coalition.kernel.errors import BadRequest, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.purchases.events.earning import record_events
from coalition.purchases.events.event import Event, RecordedEvent
from coalition.purchases.receipts import Receipt, Recorded, Refused
from coalition.purchases.recording.storing import Via
from coalition.purchases.registries.glancing import at_a_look
from coalition.purchases.registries.kinds import Content, interpret, interpret_card
from coalition.purchases.registries.mappings import ColumnMapping, mapping
from coalition.purchases.registries.plain import header_of, read_plain
from coalition.purchases.registries.registry import COLUMNS, Registry, Rejection
from coalition.purchases.registries.sheets import tabular
from coalition.purchases.registries.streaming import Chunk, chunks
from coalition.purchases.registries.tables import read_table
from coalition.purchases.registries.takeovers import TakenOver, Takeover
from coalition.purchases.registries.taking_over import record_takeovers
from coalition.purchases.returns import Return, Returned
from coalition.purchases.suspense.returning import give_back
from coalition.purchases.suspense.suspending import Suspended, accept
from coalition.purchases.tallying import add_issued

_REJECT = """
    INSERT INTO registry_rejection (registry_id, line, code, field, detail)
    SELECT %s, x.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) x"""
T = TypeVar("T")
Reading = tuple[int, Content | Refusal]


Result = Recorded | RecordedEvent | Returned | Suspended | TakenOver | Refused


@dataclass(slots=True)
class Outcome:
    """What has become of a chunk's lines; `issued` are the points that they brought by the id of their currency."""

    accepted: int = 0
    replayed: int = 0
    suspended: int = 0
    issued: Counter[int] = field(default_factory=Counter)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)

    def add(self, numbers: Sequence[int], results: Sequence[Result]) -> None:
        """Count results, which stand in the order of their lines' numbers."""
        for number, result in zip(numbers, results, strict=True):
            if isinstance(result, Refused):
                self.refusals.append((number, result.refusal))
            elif result.replayed:
                self.replayed += 1
            elif isinstance(result, Suspended):
                self.suspended += 1
            else:
                self.accepted += 1
                if isinstance(result, Recorded):
                    result.add_to(self.issued)
                elif not isinstance(result, Returned):
                    self.issued.update(result.earned)

    @property
    def counts(self) -> dict[str, int]:
        """How many lines went which way, and the points issued."""
        rejected = len(self.refusals)
        lines = self.accepted + self.replayed + self.suspended + rejected
        ways = {"accepted": self.accepted, "replayed": self.replayed, "suspended": self.suspended, "rejected": rejected}
        return {"lines": lines, "points": self.issued.total(), **ways}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a registry's file is written: a table by a mapping in money of so many decimals, or else lines of NDJSON, or
    a table of our own titles, which the file itself tells, as it tells whether a table is a text or a workbook.

    `cards`: every line is a card that is taken over.
    """

    mapping: ColumnMapping | None
    decimals: int
    cards: bool = False


def layout(at: Registry) -> Layout:
    """How the registry's file is written."""
    chosen = None if at.mapping_id is None else mapping(at.mapping_id)
    return Layout(chosen, programs.get(at.program_id).currency_decimals, at.content == "cards")


def readings(file: BinaryIO, at: Registry, written: Layout) -> Iterator[tuple[Chunk, list[Reading]]]:
    """What the file holds from the registry's position on, a chunk at a time. Needs no transaction.

    Raises Unreadable after what was readable.
    """
    file = tabular(file, written.mapping)
    if written.mapping:
        yield from read_table(file, written.mapping, written.decimals, at.position, at.last_line)
    elif not written.cards and (header := header_of(file)):
        yield from read_plain(file, header, at.position, at.last_line)
    else:
        for chunk in chunks(file, at.position, at.last_line):
            yield chunk, read_lines(chunk, cards=written.cards)


def read_lines(chunk: Chunk, *, cards: bool = False) -> list[Reading]:
    """The chunk's lines as receipts, or as the refusals of those that cannot be read. Needs no transaction."""
    return [(number, _read(line, cards)) for number, line in chunk.lines]


def take(at: Registry, chunk: Chunk, readings: Sequence[Reading]) -> Registry:
    """Record a chunk that follows on what has been recorded, with its counts; the registry after it.

    Raises RuntimeError if another process has taken a chunk meanwhile: then nothing is to be committed.
    """
    outcome = _try(at, readings) if at.dry_run else _take(at, readings)
    _reject(at.id, [_rejection(*pair) for pair in sorted(outcome.refusals, key=lambda pair: pair[0])])
    return _count(at, chunk, outcome)


def _try(at: Registry, readings: Sequence[Reading]) -> Outcome:
    """Do as if, and take everything back."""
    attempt = session().begin_nested()
    try:
        return _take(at, readings)
    finally:
        attempt.rollback()


def _take(at: Registry, readings: Sequence[Reading]) -> Outcome:
    """Record the lines kind by kind: cards first, for others may present them; what undoes a purchase after it."""
    outcome, via = Outcome(), Via(at.id, at.source_id)
    numbers, cards = _of(readings, Takeover)
    outcome.add(numbers, record_takeovers(at.partner_id, cards, at.id))
    numbers, receipts = _of(readings, Receipt)
    outcome.add(numbers, accept(at.partner_id, receipts, via, hold=True, lines=numbers))
    numbers, returns = _of(readings, Return)
    outcome.add(numbers, give_back(at.partner_id, returns, via, lines=numbers))
    numbers, events = _of(readings, Event)
    if events:
        outcome.add(numbers, record_events(at.partner_id, events, via))
    outcome.refusals += [(number, found) for number, found in readings if isinstance(found, Refusal)]
    return outcome


def _of(readings: Sequence[Reading], kind: type[T]) -> tuple[list[int], list[T]]:
    """The lines of one kind: their numbers, and what they are."""
    found = [(number, one) for number, one in readings if isinstance(one, kind)]
    return [number for number, _ in found], [one for _, one in found]


def _read(line: bytes | None, cards: bool) -> Content | Refusal:
    if line is None:
        return BadRequest("line_too_long", "A line may hold at most a megabyte.")
    if not cards and (found := at_a_look(line)) is not None:
        return found
    try:
        body = parse_object(line)
        return interpret_card(body) if cards else interpret(body)
    except Refusal as refusal:
        return refusal


def _rejection(line: int, refusal: Refusal) -> Rejection:
    if refusal.errors:
        first = refusal.errors[0]
        return Rejection(line, first.code, first.pointer, first.detail)
    return Rejection(line, refusal.code, "", refusal.detail)


def _reject(registry_id: int, found: Sequence[Rejection]) -> None:
    if found:
        columns = [[one.line for one in found], [one.code for one in found]]
        words = [[one.field for one in found], [one.detail for one in found]]
        raw().execute(_REJECT, (registry_id, *columns, *words))


def _count(at: Registry, chunk: Chunk, outcome: Outcome) -> Registry:
    add_issued(at.id, outcome.issued)
    row = fetch_one(
        "UPDATE registry SET state = 'running', started_at = coalesce(started_at, now()), position = :position,"
        " last_line = :last_line, lines = lines + :lines, accepted = accepted + :accepted,"
        " replayed = replayed + :replayed, rejected = rejected + :rejected, suspended = suspended + :suspended,"
        " points_issued = points_issued + :points"
        f" WHERE id = :id AND position = :from AND state IN ('waiting', 'running') RETURNING {COLUMNS}",
        {
            "id": at.id,
            "from": at.position,
            "position": chunk.position,
            "last_line": chunk.last_line,
            **outcome.counts,
        },
    )
    if row is None:
        raise RuntimeError(f"registry {at.id} is being read by another process")
    return Registry(**row._mapping)
