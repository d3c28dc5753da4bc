"""The independent implementation: `pymerkle` verifies what we hand out. Nothing here is code of ours.

An inclusion proof of RFC 6962 is verified as it stands. Its consistency proofs are of another cut than the RFC's, so a
pair of our roots is held against a proof of its own, and our proof against the RFC's recursion over its roots.
"""

from __future__ import annotations

from collections.abc import Sequence

from pymerkle import InclusionProof, InmemoryTree, InvalidProof, verify_consistency
from pymerkle.core import _inclusion_path_layout
from pymerkle.hasher import MerkleHasher

HASHER = MerkleHasher("sha256")


def tree_of(records: Sequence[bytes]) -> InmemoryTree:
    """Their tree over these records."""
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(records)
    return tree


def includes(record: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `pymerkle` finds the record proven at this place of the tree with this root."""
    leaf = HASHER.hash_buff(record)
    rule, _ = _inclusion_path_layout(index + 1, size)
    proof = InclusionProof("sha256", True, size, index + 1, rule, [leaf, *path])
    try:
        proof.verify(leaf, root, index=index + 1, size=size, algorithm="sha256")
    except InvalidProof:
        return False
    return True


def grew(tree: InmemoryTree, old: int, old_root: bytes, new: int, new_root: bytes) -> bool:
    """Whether `pymerkle` finds that these are roots of one history, which is that of its tree."""
    try:
        verify_consistency(old_root, new_root, tree.prove_consistency(old, new), prior_size=old, later_size=new)
    except InvalidProof:
        return False
    return True


def consistency(records: Sequence[bytes], old: int, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2, word for word, over their roots."""
    size = len(records)
    if old == size:
        return [] if whole else [tree_of(records).get_root()]
    half = 1
    while half * 2 < size:
        half *= 2
    left, right = records[:half], records[half:]
    if old <= half:
        return [*consistency(left, old, whole), tree_of(right).get_root()]
    return [*consistency(right, old - half, False), tree_of(left).get_root()]
