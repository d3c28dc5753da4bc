"""The tree as it is stored: what `pymerkle` makes of the same records, close after close, whatever their number."""

from __future__ import annotations

import hashlib
import random
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel.db import execute, fetch_all, transact
from settlement import proofs
from settlement.proofs import tree as trees
from settlement.proofs.verifier import archive
from settlement.proofs.verifier.merkle import leaf_hash
from settlement.proofs.verifier.notes import parse_checkpoint, parse_key, parse_proof, signed_by
from settlement.proofs.verifier.verifying import verify
from tests.settlement.builders import Coalition
from tests.settlement.proofs import forging, independent
from tests.settlement.proofs.conftest import JUNE, a_month, bundle, prove

TABLES = (
    "proof_key",
    "proof_tile",
    "proof_span",
    "proof_head",
    "statement_bundle",
    "proof_witness",
    "proof_cosignature",
)
MAY_UPDATE = "SELECT has_table_privilege('coalition_app', :table, 'UPDATE') AS may"


def records_of(path: Path) -> list[bytes]:
    members = forging.opened(path)
    return [line for name in archive.RECORDS for line in members[name].splitlines()]


def test_the_signed_tree_is_that_of_all_records_and_pymerkle_verifies_every_proof(
    coalition: Coalition, tmp_path: Path
) -> None:
    may = coalition.close("2026-05")
    prove()
    a_month(coalition, JUNE)
    june = coalition.close("2026-06")
    prove()
    program_id = coalition.program.id

    records = [line for id in (*may.statements, *june.statements) for line in records_of(bundle(id, tmp_path))]
    theirs = independent.tree_of(records)
    new, old = transact(lambda: proofs.heads(program_id))

    assert (new.size, new.root) == (len(records), theirs.get_root())
    assert old.root == theirs.get_root(old.size)
    grown = transact(lambda: proofs.consistency(program_id, old.size))
    assert list(grown.path) == independent.consistency(records, old.size)
    assert independent.grew(theirs, old.size, old.root, new.size, new.root)
    key = transact(lambda: proofs.keys(program_id))[0]
    assert parse_key(str(key)) == key and signed_by(parse_checkpoint(new.checkpoint), key)

    for statement_id in (*may.statements, *june.statements):
        place = transact(lambda id=statement_id: proofs.place_of(id))
        for line_no in range(place.entries + 1):
            text = transact(lambda id=statement_id, no=line_no: proofs.inclusion(id, no))
            index, path, checkpoint = parse_proof(text)
            record = records_of(bundle(statement_id, tmp_path))[line_no]
            assert index == place.first_leaf + line_no
            assert independent.includes(record, index, checkpoint.size, path, checkpoint.root)
            assert not independent.includes(record + b" ", index, checkpoint.size, path, checkpoint.root)
        assert verify(bundle(statement_id, tmp_path), key).tree.signature == "verified"


def test_a_tree_grown_in_pieces_of_any_size_is_the_tree_of_all_leaves(live: Flask) -> None:
    pick, records = random.Random(256), [str(no).encode() for no in range(70_000)]
    leaves = [leaf_hash(record) for record in records]
    sizes = [0, 1, 2, 255, 256, 257, 600, 65_535, 65_536, 65_537, 65_900, 70_000]

    def grow() -> None:
        for at, size in pairwise(sizes):
            growth = trees.Growth(7, at)
            while growth.size < size:
                step = pick.randint(1, min(5000, size - growth.size))
                growth.add(leaves[growth.size : growth.size + step])
            growth.finish()

    transact(grow)

    theirs = independent.tree_of(records)
    for size in sizes[1:]:
        assert transact(lambda size=size: trees.root(7, size)) == theirs.get_root(size)
    for _ in range(60):
        index, size = pick.randrange(65_900), pick.choice(sizes[-3:])
        path = transact(lambda index=index, size=size: trees.inclusion(7, index % size, size))
        assert independent.includes(records[index % size], index % size, size, path, theirs.get_root(size))
    widest = transact(lambda: fetch_all("SELECT max(width) AS most, count(*) AS n FROM proof_tile"))
    assert widest[0].most == 256 and widest[0].n < 70_000 // 256 + 40


def test_written_again_a_bundle_is_the_same_bytes(coalition: Coalition, tmp_path: Path) -> None:
    from settlement import statements

    closed = coalition.close("2026-05")
    prove()
    for statement_id in closed.statements:
        again = tmp_path / "again.zip"
        with again.open("w+b") as file:
            transact(lambda id=statement_id, file=file: proofs.write(statements.get(id), file))
        stored = transact(lambda id=statement_id: proofs.bundle_of(id))
        assert hashlib.sha256(again.read_bytes()).hexdigest() == stored.sha256
        assert again.stat().st_size == stored.size

    assert prove().periods == 0


def test_the_application_cannot_rewrite_history(live: Flask) -> None:
    for table in TABLES:
        for change in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(Exception, match="permission denied"):
                transact(lambda change=change: execute(change))
        assert not transact(lambda table=table: fetch_all(MAY_UPDATE, {"table": table}))[0].may
