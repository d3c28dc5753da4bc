"""Verifying a bundle: every hash, every amount, and its place in the signed tree. Reads one file, and nothing else.

Needs no more memory for a million entries than for ten. What can be found is found in this order, and the first is
named: the form of the archive, the fixed members, the head and the agreements, the entries one by one, the document
lines and documents, the position, the tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Context, localcontext
from pathlib import Path
from typing import Any

from settlement.proofs.verifier import amounts, archive, history
from settlement.proofs.verifier.amounts import Books
from settlement.proofs.verifier.archive import Archive
from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.history import Witnessed
from settlement.proofs.verifier.merkle import Frontier, leaf_hash
from settlement.proofs.verifier.notes import Key
from settlement.proofs.verifier.records import Record, parsed

FORMAT = "coalition-bundle/1"
_TAIL = (archive.LINES, archive.DOCUMENTS, archive.AGREEMENTS, archive.RATES)
_MOST = 200_000
_HASH = 32
_EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bundle holds, once everything in it has been recomputed. `position` in minor units: + receives, - pays."""

    number: str
    party: str
    position: int
    currency: str
    entries: int
    lines: int
    documents: int
    tree: Witnessed

    def told(self) -> dict[str, Any]:
        """The same for a program."""
        return asdict(self)


def verify(path: Path, key: Key | None = None, previous: str | None = None) -> Verdict:
    """Recompute a bundle. `key`: that of the log, known from elsewhere; `previous`: a checkpoint kept from earlier.

    Raises Difference for the first thing that is not as it should be, whatever the file is.
    """
    opened = Archive(path)
    try:
        with localcontext(_EXACT):
            return _Verification(opened).run(key, previous)
    finally:
        opened.close()


class _Verification:
    def __init__(self, opened: Archive) -> None:
        self._archive = opened
        self._sums = self._manifest()
        self._tree = Frontier()

    def run(self, key: Key | None, previous: str | None) -> Verdict:
        for name in (archive.README, archive.PROOF, archive.CHECKPOINT, archive.PREVIOUS, archive.TLOG_PROOF):
            self._unchanged(name, [self._archive.whole(name)])
        proof = self._record(archive.PROOF, self._archive.whole(archive.PROOF))
        count, ends = self._leaves()
        history.begin(self._tree, proof, count)
        head = self._head()
        books, tail = self._books(head, ends)
        self._entries(books, count - 1 - len(ends) // _HASH)
        for at in range(0, len(ends), _HASH):
            self._tree.append(ends[at : at + _HASH])
        head.expect("position", head.integer("position"), books.settle(tail[archive.LINES], tail[archive.DOCUMENTS]))
        _exchange(head, books, tail[archive.RATES])
        texts = {name: self._text(name) for name in (archive.CHECKPOINT, archive.PREVIOUS, archive.TLOG_PROOF)}
        tree = history.end(self._tree, proof, count, texts, self._head_leaf, key, previous)
        return Verdict(
            head.text("number"),
            head.inner("party").text("name"),
            head.integer("position"),
            head.text("currency"),
            books.entries,
            len(tail[archive.LINES]),
            len(tail[archive.DOCUMENTS]),
            tree,
        )

    def _manifest(self) -> dict[str, str]:
        manifest = self._record(archive.MANIFEST, self._archive.whole(archive.MANIFEST))
        if manifest.text("format") != FORMAT:
            manifest.wrong("unknown_format", f"the format is {manifest.text('format')[:40]!r}, known is {FORMAT}")
        members = manifest.inner("sha256")
        members.only([name for name in archive.MEMBERS if name != archive.MANIFEST])
        return {name: members.text(name) for name in members.data}

    def _leaves(self) -> tuple[int, bytes]:
        """How many leaves there are, and the hashes of those behind the entries."""
        digest, size, ends = hashlib.sha256(), 0, b""
        keep = _HASH * sum(self._count(name) for name in _TAIL)
        for block in self._archive.blocks(archive.LEAVES):
            digest.update(block)
            size += len(block)
            ends = (ends + block)[-keep:] if keep else b""
        if digest.hexdigest() != self._sums[archive.LEAVES] or size % _HASH or size < _HASH + keep:
            raise Difference(archive.LEAVES, "hash", "the list of hashes is not the one in the manifest")
        return size // _HASH, ends

    def _count(self, name: str) -> int:
        count = sum(1 for _ in self._archive.lines(name))
        if count > _MOST:
            raise Difference(name, "too_large", f"more than {_MOST} lines")
        return count

    def _head(self) -> Record:
        lines = list(self._archive.lines(archive.HEAD))
        due = next(self._hashes())
        if len(lines) != 1 or leaf_hash(lines[0][:-1]) != due:
            raise Difference(archive.HEAD, "hash", "the head is not the one that was stated", line=1)
        self._unchanged(archive.HEAD, lines)
        self._head_leaf = due
        self._tree.append(due)
        return parsed(archive.HEAD, 1, lines[0])

    def _books(self, head: Record, ends: bytes) -> tuple[Books, dict[str, list[Record]]]:
        """The agreements and the rest behind the entries, each record as it was stated."""
        tail: dict[str, list[Record]] = {}
        at = 0
        for name in _TAIL:
            found = list(self._archive.lines(name))
            for no, line in enumerate(found, 1):
                if leaf_hash(line[:-1]) != ends[at : at + _HASH]:
                    raise Difference(name, "hash", "this line is not the one that was stated", line=no)
                at += _HASH
            self._unchanged(name, found)
            tail[name] = [parsed(name, no, line) for no, line in enumerate(found, 1)]
        period, currencies = head.inner("period"), head.inner("currencies")
        agreements = {one.integer("agreement"): amounts.agreement_of(one) for one in tail[archive.AGREEMENTS]}
        points = {int(code): currencies.inner(code).integer("decimals") for code in currencies.data if code.isdecimal()}
        decimals = head.integer("currency_decimals")
        if not all(0 <= places <= 9 for places in (decimals, *points.values())):
            head.wrong("bad_decimals", "a currency has from no to nine decimals")
        days = (period.day("starts_on"), period.day("ends_on"))
        return Books(head.data.get("is_operator") is True, decimals, *days, points, agreements), tail

    def _entries(self, books: Books, due: int) -> None:
        digest, hashes, line = hashlib.sha256(), self._hashes(), 0
        next(hashes)
        for line, raw in enumerate(self._archive.lines(archive.ENTRIES), 1):
            if line > due:
                raise Difference(archive.ENTRIES, "line_added", "more lines than were stated", line=line)
            leaf = leaf_hash(raw[:-1])
            if leaf != next(hashes):
                raise Difference(
                    archive.ENTRIES, "hash", "this line is not the one that was stated", line=line, subject=_about(raw)
                )
            self._tree.append(leaf)
            digest.update(raw)
            books.enter(parsed(archive.ENTRIES, line, raw))
        if line != due:
            raise Difference(archive.ENTRIES, "line_missing", f"{due - line} lines are missing", line=line + 1)
        if digest.hexdigest() != self._sums[archive.ENTRIES]:
            raise Difference(archive.MANIFEST, "hash", f"the manifest does not fit {archive.ENTRIES}")

    def _hashes(self) -> Iterator[bytes]:
        for block in self._archive.blocks(archive.LEAVES):
            for at in range(0, len(block), _HASH):
                yield block[at : at + _HASH]

    def _unchanged(self, name: str, parts: list[bytes]) -> None:
        if hashlib.sha256(b"".join(parts)).hexdigest() != self._sums[name]:
            raise Difference(name, "hash", "the member is not the one in the manifest")

    def _record(self, name: str, raw: bytes) -> Record:
        return parsed(name, 1, raw)

    def _text(self, name: str) -> str:
        try:
            return self._archive.whole(name).decode()
        except UnicodeDecodeError:
            raise Difference(name, "not_utf8", "the member is not UTF-8") from None


def _exchange(head: Record, books: Books, rates: list[Record]) -> None:
    """Recompute what the position comes to in the currency that it is settled in."""
    settled = head.inner("settlement")
    currency, decimals, amount = settled.text("currency"), settled.integer("decimals"), settled.integer("amount")
    if currency == head.text("currency"):
        settled.expect("amount", amount, head.integer("position"))
        return
    if not 0 <= decimals <= 9 or len(rates) != 1:
        settled.wrong("bad_rate", "a position in another currency has one rate of exchange")
    rate = rates[0]
    rate.subject = f"{rate.text('base')} to {rate.text('quote')}"
    rate.expect("base", rate.text("base"), head.text("currency"))
    rate.expect("quote", rate.text("quote"), currency)
    exact = (head.integer("position") * rate.decimal("rate")).scaleb(decimals - books.decimals)
    settled.expect("amount", amount, amounts.rounded(exact))


def _about(raw: bytes) -> str:
    """The movement and the charge of a line that is not to be trusted, if it can be read."""
    try:
        record = parsed(archive.ENTRIES, 0, raw)
        return f"{record.text('movement')[:60]} {record.text('charge')[:40]}"
    except Difference:
        return ""
