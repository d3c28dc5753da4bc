"""The tree of RFC 6962: our roots and proofs are those of an independent implementation, and of the RFC's own tree."""

from __future__ import annotations

import random
from collections.abc import Sequence

from settlement.proofs.verifier import merkle
from settlement.proofs.verifier.merkle import Frontier, leaf_hash
from tests.settlement.proofs import independent

RECORDS = [f"record {no}".encode() for no in range(41)]
# The records and roots of RFC 6962's reference implementation (certificate-transparency, merkle_tree_test).
KNOWN = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def grown(records: Sequence[bytes]) -> Frontier:
    tree = Frontier()
    for record in records:
        tree.append(leaf_hash(record))
    return tree


def root_over(leaves: Sequence[bytes], span: merkle.Span) -> bytes:
    tree = Frontier()
    for leaf in leaves[slice(*span)]:
        tree.append(leaf)
    return tree.root()


def test_the_roots_are_those_of_the_reference_implementation() -> None:
    for size, due in KNOWN_ROOTS.items():
        assert grown(KNOWN[:size]).root().hex() == due

    assert Frontier().root() == merkle.EMPTY


def test_every_root_and_proof_up_to_forty_leaves_is_what_pymerkle_makes_of_it() -> None:
    theirs, leaves = independent.tree_of(RECORDS), [leaf_hash(record) for record in RECORDS]

    for size in range(1, len(RECORDS) + 1):
        root = grown(RECORDS[:size]).root()
        assert root == theirs.get_root(size)
        for index in range(size):
            path = [root_over(leaves, span) for span in merkle.inclusion_spans(index, size)]
            assert independent.includes(RECORDS[index], index, size, path, root)
            assert merkle.includes(leaves[index], index, size, path, root)
        for old in range(1, size + 1):
            path = [root_over(leaves, span) for span in merkle.consistency_spans(old, size)]
            before = theirs.get_root(old)
            assert merkle.grew(old, before, size, root, path)
            assert path == independent.consistency(RECORDS[:size], old)
            assert independent.grew(theirs, old, before, size, root)


def test_a_proof_with_anything_changed_proves_nothing() -> None:
    leaves, pick = [leaf_hash(record) for record in RECORDS], random.Random(6962)

    for _ in range(300):
        size = pick.randint(2, len(leaves))
        index, old = pick.randrange(size), pick.randint(1, size - 1)
        root, before = root_over(leaves, (0, size)), root_over(leaves, (0, old))
        inclusion = [root_over(leaves, span) for span in merkle.inclusion_spans(index, size)]
        consistency = [root_over(leaves, span) for span in merkle.consistency_spans(old, size)]

        assert not merkle.includes(leaves[index], index, size, inclusion[:-1], root)
        assert not merkle.includes(leaves[index], (index + 1) % size, size, inclusion, root)
        assert not merkle.includes(_bent(leaves[index], pick), index, size, inclusion, root)
        at = pick.randrange(len(consistency))
        bent = [*consistency[:at], _bent(consistency[at], pick), *consistency[at + 1 :]]
        assert not merkle.grew(old, before, size, root, bent)
        assert not merkle.grew(old, before, size, root, consistency[:-1])
        assert not merkle.grew(old, before, size, root, [*consistency, root])
        assert not merkle.grew(old, _bent(before, pick), size, root, consistency)


def test_subtrees_cover_a_span_once_from_left_to_right() -> None:
    pick = random.Random(1)

    for _ in range(500):
        start, end = sorted(pick.randrange(5000) for _ in range(2))
        place = start
        for level, number in merkle.cover(start, end):
            assert number << level == place
            place += 1 << level
        assert place == end


def _bent(value: bytes, pick: random.Random) -> bytes:
    at = pick.randrange(len(value))
    return value[:at] + bytes([value[at] ^ (1 << pick.randrange(8))]) + value[at + 1 :]
