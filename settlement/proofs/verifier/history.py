"""The place of a bundle in the signed tree: its records are leaves side by side, under one signed root."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.proofs.verifier import archive
from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.merkle import Frontier, cover, grew, includes
from settlement.proofs.verifier.notes import (
    Checkpoint,
    Key,
    Malformed,
    parse_checkpoint,
    parse_growth,
    parse_proof,
    signed_by,
)
from settlement.proofs.verifier.records import Record

KEPT = "kept checkpoint"
PROOF = ("consistency", "first", "left", "right", "size")
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The tree a bundle is proven in. `signature`: verified, no_key (none was given) or no_library (`cryptography`);
    `grew_from`: the size of the earlier tree that it was shown to begin with."""

    origin: str
    size: int
    root: str
    first: int
    signature: str
    grew_from: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that was kept from earlier and, where it is neither this bundle's nor the one before, the text of a
    consistency proof between it and this bundle's."""

    checkpoint: str
    growth: str = ""


def begin(tree: Frontier, proof: Record, count: int) -> None:
    """Lay out what stands in the tree left of the bundle's records."""
    proof.only(PROOF)
    first, size = proof.integer("first"), proof.integer("size")
    if not (first >= 0 and first + count <= size <= _LARGEST):
        proof.wrong("bad_place", "the bundle does not fit into a tree of this size")
    left, nodes = proof.hashes("left"), cover(0, first)
    if len(left) != len(nodes):
        proof.wrong("bad_proof", "there are too few or too many hashes to the left")
    for (level, _), node in zip(nodes, left, strict=True):
        tree.append(node, level)


def end(
    tree: Frontier,
    proof: Record,
    count: int,
    texts: dict[str, str],
    head_leaf: bytes,
    key: Key | None,
    kept: Kept | None,
) -> Witnessed:
    """Complete the tree to the right and hold its root against the signed one. Raises Difference."""
    first, size = proof.integer("first"), proof.integer("size")
    right, nodes = proof.hashes("right"), cover(first + count, size)
    if len(right) != len(nodes):
        proof.wrong("bad_proof", "there are too few or too many hashes to the right")
    for (level, _), node in zip(nodes, right, strict=True):
        tree.append(node, level)
    signed = _checkpoint(archive.CHECKPOINT, texts[archive.CHECKPOINT])
    if (signed.size, signed.root) != (size, tree.root()):
        raise Difference(archive.CHECKPOINT, "root_differs", "the signed root is not that of these records")
    _head_proof(texts[archive.TLOG_PROOF], first, head_leaf, signed)
    before = _grown(texts[archive.PREVIOUS], proof, signed)
    if kept is not None:
        _kept(kept, before, signed)
    state = _signature(signed, key)
    return Witnessed(signed.origin, size, signed.root.hex(), first, state, before.size if before else 0)


def consistent(old: Checkpoint, new: Checkpoint, path: list[bytes]) -> bool:
    """Whether the tree of `new` is shown to begin with the tree of `old`, both of one log."""
    return old.origin == new.origin and grew(old.size, old.root, new.size, new.root, path)


def _head_proof(text: str, first: int, leaf: bytes, signed: Checkpoint) -> None:
    try:
        index, path, checkpoint = parse_proof(text)
    except Malformed as error:
        raise Difference(archive.TLOG_PROOF, "bad_proof", str(error)) from None
    if index != first or checkpoint != signed or not includes(leaf, index, signed.size, path, signed.root):
        raise Difference(archive.TLOG_PROOF, "bad_proof", "it does not prove the head")


def _grown(text: str, proof: Record, signed: Checkpoint) -> Checkpoint | None:
    if not text:
        if proof.hashes("consistency"):
            proof.wrong("bad_proof", "there is no earlier tree to be consistent with")
        return None
    before = _checkpoint(archive.PREVIOUS, text)
    if not consistent(before, signed, proof.hashes("consistency")):
        raise Difference(
            archive.PREVIOUS, "rewritten", "the tree did not grow from the one before: history was rewritten"
        )
    return before


def _kept(kept: Kept, before: Checkpoint | None, signed: Checkpoint) -> None:
    """Hold a checkpoint that was kept from earlier against this bundle's."""
    known = _checkpoint(KEPT, kept.checkpoint)
    if known.origin != signed.origin:
        raise Difference(KEPT, "another_log", "the kept checkpoint is of another log")
    for one in (signed, before):
        if one is not None and one.size == known.size:
            if one.root != known.root:
                raise Difference(archive.CHECKPOINT, "two_faces", "another tree of this size was shown to you earlier")
            return
    if not kept.growth:
        detail = f"get the consistency proof between the trees of {known.size} and of {signed.size} leaves"
        raise Difference(KEPT, "not_comparable", detail)
    try:
        size, path = parse_growth(kept.growth)
    except Malformed as error:
        raise Difference("consistency proof", "bad_proof", str(error)) from None
    old, new = sorted((known, signed), key=lambda one: one.size)
    if size != (old.size, new.size) or not consistent(old, new, path):
        raise Difference(archive.CHECKPOINT, "rewritten", "the tree is not the one that you saw: history was rewritten")


def _signature(signed: Checkpoint, key: Key | None) -> str:
    """Whether the key has signed; the earlier checkpoint may bear an older key, and is proven by its consistency."""
    if key is None:
        return "no_key"
    found = signed_by(signed, key)
    if found is None:
        return "no_library"
    if not found:
        raise Difference(archive.CHECKPOINT, "bad_signature", "it is not signed by the key that was given")
    return "verified"


def _checkpoint(name: str, text: str) -> Checkpoint:
    try:
        return parse_checkpoint(text)
    except Malformed as error:
        raise Difference(name, "bad_checkpoint", str(error)) from None
