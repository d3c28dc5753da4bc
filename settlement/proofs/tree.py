"""The tree of a program as it is stored: tiles of 256 hashes, a level for every eighth height, written once.

A tile is complete when it holds 256 hashes; then its root is a hash of the level above. What is not complete is stored
as wide as it is at the end of an append, beside what it was before: no row ever changes. A proof reads a few dozen
tiles, whatever the size of the tree; nothing here reads all leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coalition.kernel.db import execute, fetch_one
from settlement.proofs.verifier.merkle import (
    EMPTY,
    Node,
    Span,
    collapsed,
    consistency_spans,
    cover,
    folded,
    inclusion_spans,
)

_WIDTH, _HEIGHT, _HASH = 256, 8, 32


class Growth:
    """An append to a program's tree: takes leaves' hashes, writes what they complete. `finish` writes the rest.

    The caller holds the program's tree (see `growing`), and the transaction ends with both or with neither.
    """

    def __init__(self, program_id: int, size: int) -> None:
        self._program_id, self.size = program_id, size
        self._open: list[list[bytes]] = []
        self._counts: list[int] = []
        count = size
        while count:
            self._counts.append(count)
            self._open.append(_partial(program_id, len(self._open), count))
            count //= _WIDTH
        self._touched: set[int] = set()

    def add(self, leaves: Sequence[bytes]) -> None:
        """Append the hashes of leaves."""
        self.size += len(leaves)
        self._push(0, leaves)

    def finish(self) -> None:
        """Write the tiles at the right end as wide as they have become."""
        for level in sorted(self._touched):
            if self._open[level]:
                _write(self._program_id, level, self._counts[level] // _WIDTH, self._open[level])

    def _push(self, level: int, hashes: Sequence[bytes]) -> None:
        if level == len(self._open):
            self._open.append([])
            self._counts.append(0)
        waiting = self._open[level]
        waiting.extend(hashes)
        first = (self._counts[level] + len(hashes) - len(waiting)) // _WIDTH
        self._counts[level] += len(hashes)
        self._touched.add(level)
        complete = len(waiting) // _WIDTH
        roots = []
        for at in range(complete):
            tile = waiting[at * _WIDTH : (at + 1) * _WIDTH]
            _write(self._program_id, level, first + at, tile)
            roots.append(collapsed(tile))
        if complete:
            self._open[level] = waiting[complete * _WIDTH :]
            self._push(level + 1, roots)


def root(program_id: int, size: int) -> bytes:
    """The root of the program's tree when it had `size` leaves."""
    return span_root(program_id, (0, size)) if size else EMPTY


def inclusion(program_id: int, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves."""
    return [span_root(program_id, span) for span in inclusion_spans(index, size)]


def consistency(program_id: int, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the one of `old`."""
    return [span_root(program_id, span) for span in consistency_spans(old, new)]


def nodes(program_id: int, span: Span) -> list[bytes]:
    """The roots of the complete subtrees that lie side by side over a span."""
    return [_node(program_id, node) for node in cover(*span)]


def leaf(program_id: int, index: int) -> bytes:
    """The hash of a leaf."""
    return _node(program_id, (0, index))


def span_root(program_id: int, span: Span) -> bytes:
    """The root over a span of leaves that begins where a subtree does."""
    return folded(nodes(program_id, span))


def _node(program_id: int, node: Node) -> bytes:
    level, number = node
    tier, height = divmod(level, _HEIGHT)
    first = number << height
    hashes = _hashes(program_id, tier, first // _WIDTH, first % _WIDTH, 1 << height)
    return collapsed(hashes)


def _hashes(program_id: int, level: int, tile: int, offset: int, count: int) -> list[bytes]:
    """Some hashes of a tile; any version of it that is wide enough begins with the same."""
    row = fetch_one(
        "SELECT substr(hashes, :start, :bytes) AS found FROM proof_tile"
        " WHERE program_id = :program AND level = :level AND number = :tile AND width >= :width"
        " ORDER BY width LIMIT 1",
        {
            "program": program_id,
            "level": level,
            "tile": tile,
            "start": offset * _HASH + 1,
            "bytes": count * _HASH,
            "width": offset + count,
        },
    )
    if row is None:
        raise LookupError(f"tile {level}/{tile} of program {program_id} is missing")
    return _split(row.found)


def _partial(program_id: int, level: int, count: int) -> list[bytes]:
    """The hashes of the tile at the right end of a level with so many hashes; none if the last one is complete."""
    return _hashes(program_id, level, count // _WIDTH, 0, count % _WIDTH) if count % _WIDTH else []


def _split(data: Iterable[int]) -> list[bytes]:
    data = bytes(data)
    return [data[at : at + _HASH] for at in range(0, len(data), _HASH)]


def _write(program_id: int, level: int, number: int, hashes: Sequence[bytes]) -> None:
    execute(
        "INSERT INTO proof_tile (program_id, level, number, width, hashes)"
        " VALUES (:program, :level, :number, :width, :hashes)",
        {
            "program": program_id,
            "level": level,
            "number": number,
            "width": len(hashes),
            "hashes": b"".join(hashes),
        },
    )
