"""Writing a statement's bundle: one pass over its records, one form of zip, and never all of it in memory.

The bytes follow from closed rows and the tree alone: written again, a bundle is the same (under the same zlib). It is
written only if its records are those that the tree holds.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

from coalition.kernel.errors import Conflict
from settlement.proofs import growing, stating
from settlement.proofs import tree as trees
from settlement.proofs.growing import Place
from settlement.proofs.verifier import archive, notes
from settlement.proofs.verifier.merkle import leaf_hashes
from settlement.proofs.verifier.verifying import FORMAT
from settlement.statements import Statement

_LEVEL = 1  # of Deflate: lines of one kind pack well at any level, and a close waits for millions of them
_WIDE = 2_000_000  # more entries than this may need sizes of 64 bits
_README = b"""A settlement statement, and everything that is needed to recompute it.

head.json         who, which period, the rules of rounding and attribution, the position (+ receives, - pays)
entries.jsonl     every charge of every movement, exact
lines.jsonl       document lines: one charge under one agreement and price, rounded half up
documents.jsonl   invoices and credit notes: net, VAT, gross
agreements.jsonl  the versions of the agreement that were used, with their prices
rates.jsonl       rates of exchange, fixed when the period was closed
leaves.bin        SHA-256 of every record above (RFC 6962 leaf hashes, 32 bytes each): head, entries, lines, ...
proof.json        where these leaves stand in the operator's tree, and the hashes beside them
checkpoint        the signed head of that tree (C2SP signed note), and the one signed before it
head.tlog-proof   the inclusion proof of head.json (C2SP tlog-proof)
manifest.json     SHA-256 of every other file

Verify it with:   python -m settlement.proofs.verifier FILE --key KEY
It needs Python alone; with its package `cryptography` it also checks the signature.
Keep `checkpoint`: with --previous it shows in later bundles that history was not rewritten.
"""


class _Writer:
    """The zip while it is written: every member hashed, every record also a leaf."""

    def __init__(self, file: IO[bytes], leaves: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._leaves = leaves
        self.sums: dict[str, str] = {}
        self.digest = hashlib.sha256()

    def records(self, name: str, blocks: Iterable[list[bytes]], *, wide: bool = False) -> None:
        """Write the records of a member, each on a line of its own."""

        def noted() -> Iterator[bytes]:
            for rows in blocks:
                hashes = leaf_hashes(rows)
                self.digest.update(hashes)
                self._leaves.write(hashes)
                yield b"\n".join([*rows, b""])

        self.member(name, noted(), wide=wide)

    def member(self, name: str, blocks: Iterable[bytes], *, wide: bool = False) -> None:
        """Write a member."""
        digest = hashlib.sha256()
        with self._opened(name, wide) as member:
            for block in blocks:
                digest.update(block)
                member.write(block)
        self.sums[name] = digest.hexdigest()

    def close(self) -> None:
        """Write the directory."""
        self._zip.close()

    def _opened(self, name: str, wide: bool) -> Any:
        info = archive.entry_for(name)
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]
        return self._zip.open(info, "w", force_zip64=wide)


def write(statement: Statement, file: BinaryIO) -> None:
    """Write the bundle of a statement that is in the tree, from the file's beginning on; what was in it is gone.

    To be called inside a transaction. Raises Conflict if the statement's records are no longer those that were stated.
    """
    place = growing.place_of(statement.id)
    if place is None:
        raise Conflict("not_proven", "The statement is not in the tree yet.")
    file.seek(0)
    file.truncate()
    with TemporaryFile() as leaves, closing(_Writer(file, leaves)) as writer:
        writer.member(archive.README, [_README])
        behind = stating.tail(statement)
        writer.records(archive.HEAD, [[stating.head(statement, behind)]])
        writer.records(archive.ENTRIES, stating.entries(statement), wide=place.entries > _WIDE)
        for name, records in behind.items():
            writer.records(name, [records])
        if writer.digest.digest() != place.leaves_sha256:
            raise Conflict("not_as_stated", "The rows of a closed statement have changed since it was proven.")
        leaves.seek(0)
        writer.member(archive.LEAVES, iter(lambda: leaves.read(1 << 18), b""))
        for name, content in _proofs(place).items():
            writer.member(name, [content])
        writer.member(archive.MANIFEST, [stating.canonical({"format": FORMAT, "sha256": writer.sums}) + b"\n"])
    file.seek(0)


def _proofs(place: Place) -> dict[str, bytes]:
    """Where the statement stands in the tree: the hashes beside it, the checkpoints, the proof of its head."""
    head, before = growing.around(place)
    end = place.first_leaf + place.leaves
    facts = {
        "first": place.first_leaf,
        "size": head.size,
        "left": _hex(trees.nodes(place.program_id, (0, place.first_leaf))),
        "right": _hex(trees.nodes(place.program_id, (end, head.size))),
        "consistency": _hex(trees.consistency(place.program_id, before.size, head.size)) if before else [],
    }
    path = trees.inclusion(place.program_id, place.first_leaf, head.size)
    return {
        archive.PROOF: stating.canonical(facts) + b"\n",
        archive.CHECKPOINT: head.checkpoint.encode(),
        archive.PREVIOUS: before.checkpoint.encode() if before else b"",
        archive.TLOG_PROOF: notes.proof_text(place.first_leaf, path, head.checkpoint).encode(),
    }


def _hex(hashes: list[bytes]) -> list[str]:
    return [one.hex() for one in hashes]
