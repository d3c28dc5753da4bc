"""Proofs of single records and of growth, in the texts that others verify: `.tlog-proof`, checkpoints, consistency."""

from __future__ import annotations

from dataclasses import dataclass

from coalition.kernel.errors import NotFound, NotNow
from settlement.proofs import growing, witnessing
from settlement.proofs import tree as trees
from settlement.proofs.growing import Head
from settlement.proofs.verifier import notes


@dataclass(frozen=True, slots=True)
class Grown:
    """That one signed tree begins with another: both checkpoints, the hashes that prove it, and these as a text."""

    old: str
    new: str
    path: tuple[bytes, ...]
    text: str


def inclusion(statement_id: int, line_no: int) -> str:
    """The `.tlog-proof` of a statement's entry (from 1 on), or of its head (0), with what witnesses have signed.

    Raises NotFound for an entry that is not there, NotNow until the statement is in the tree.
    """
    place = growing.place_of(statement_id)
    if place is None:
        raise NotNow("not_proven", "The statement is not in the tree yet.")
    if not 0 <= line_no <= place.entries:
        raise NotFound()
    head, _ = growing.around(place)
    index = place.first_leaf + line_no
    path = trees.inclusion(place.program_id, index, head.size)
    return notes.proof_text(index, path, witnessing.witnessed(head))


def consistency(program_id: int, old_size: int, new_size: int | None = None) -> Grown:
    """That the tree of `new_size` leaves (the newest) begins with that of `old_size`; both are signed. NotFound."""
    old = growing.at_size(program_id, old_size)
    newest = growing.latest(program_id) if new_size is None else growing.at_size(program_id, new_size)
    new = newest or old
    path = _path(old, new)
    text = notes.growth_text(old.size, new.size, path)
    return Grown(witnessing.witnessed(old), witnessing.witnessed(new), tuple(path), text)


def _path(old: Head, new: Head) -> list[bytes]:
    if old.size > new.size:
        raise NotFound()
    return trees.consistency(new.program_id, old.size, new.size)
