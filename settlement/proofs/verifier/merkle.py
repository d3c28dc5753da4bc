"""The tree of RFC 6962 over SHA-256: hashes, roots, and proofs that a leaf is in it or that one tree grew from another.

Pure, and of the standard library alone. Where hashes are stored is the caller's business: `cover` says which complete
subtrees a span of leaves consists of, and whoever keeps them finds them by (level, number).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()
Node = tuple[int, int]  # (level, number): leaves number * 2^level up to (number + 1) * 2^level
Span = tuple[int, int]  # leaves from the first up to the second, which is not in it


def leaf_hash(record: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + record).digest()


def leaf_hashes(records: Iterable[bytes]) -> bytes:
    """The hashes of leaves, one behind the other: without a call of ours for each of a million."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\x00" + record).digest() for record in records])


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an interior node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows at its right: only the roots of its complete subtrees are kept, so it may have any size."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def append(self, node: bytes, level: int = 0) -> None:
        """Add a leaf's hash, or the root of a complete subtree of 2^level leaves where one begins."""
        while self._peaks and self._peaks[-1][0] == level:
            node = node_hash(self._peaks.pop()[1], node)
            level += 1
        self._peaks.append((level, node))

    def root(self) -> bytes:
        """The root over all that was added."""
        return folded([node for _, node in self._peaks])


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that stand side by side, from the largest to the smallest."""
    if not peaks:
        return EMPTY
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def collapsed(nodes: Sequence[bytes]) -> bytes:
    """The root of a complete subtree whose 2^n nodes of one level these are."""
    while len(nodes) > 1:
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    return nodes[0]


def cover(start: int, end: int) -> list[Node]:
    """The largest complete subtrees that lie side by side over the leaves from `start` up to `end`."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The spans whose roots prove leaf `index` in a tree of `size`, from the leaf's sibling up (RFC 6962, 2.1.1)."""
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + _half(high - low)
        if index < middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    return path[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The spans whose roots prove that a tree of `new` leaves begins with one of `old` (RFC 6962, 2.1.2)."""
    if not 0 < old < new:
        return []
    low, high, path = 0, new, []
    while old != high:
        middle = low + _half(high - low)
        if old <= middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    if low:
        path.append((low, high))
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf's hash at `index` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    spans = inclusion_spans(index, size)
    if len(spans) != len(proof):
        return False
    for (start, _), sibling in zip(spans, proof, strict=True):
        leaf = node_hash(sibling, leaf) if start <= index else node_hash(leaf, sibling)
    return leaf == root


def grew(old: int, old_root: bytes, new: int, new_root: bytes, proof: Iterable[bytes]) -> bool:
    """Whether the proof shows that the tree of `new` leaves begins with the one of `old` (RFC 9162, 2.1.4.2)."""
    path = list(proof)
    if old == new or not old:
        return not path and (old_root == new_root if old else old_root == EMPTY)
    if not 0 < old < new:
        return False
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for node in path[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, node)
        place, last = place >> 1, last >> 1
    return not last and before == old_root and after == new_root


def _half(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
