"""Verifying a bundle: every hash, every amount, and its place in the signed tree. Reads one file, and nothing else.

Needs no more memory for a million entries than for ten. What can be found is found in this order, and the first is
named: the form of the archive, the fixed members, the head and the agreements, the entries one by one, the document
lines and documents, the position, the tree.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Context, localcontext
from itertools import islice
from pathlib import Path
from typing import Any

from settlement.proofs.verifier import amounts, archive, history
from settlement.proofs.verifier.amounts import Books
from settlement.proofs.verifier.archive import Archive
from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.history import Kept, Witnessed
from settlement.proofs.verifier.merkle import Frontier
from settlement.proofs.verifier.notes import Key
from settlement.proofs.verifier.records import Record, leaf_of, parsed

FORMAT = "coalition-bundle/1"
_TAIL = (archive.LINES, archive.DOCUMENTS, archive.AGREEMENTS, archive.RATES)
_MOST = 200_000
_HASH = 32
_EXACT = Context(prec=100)
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


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


def verify(path: Path, key: Key | None = None, kept: Kept | None = None) -> Verdict:
    """Recompute a bundle. `key`: that of the log, known from elsewhere; `kept`: a checkpoint kept from earlier.

    Raises Difference for the first thing that is not as it should be, whatever the file is.
    """
    opened = Archive(path)
    try:
        with localcontext(_EXACT):
            return _Verification(opened).run(key, kept)
    finally:
        opened.close()


class _Verification:
    def __init__(self, opened: Archive) -> None:
        self._archive = opened
        self._sums = self._manifest()
        self._tree = Frontier()

    def run(self, key: Key | None, kept: Kept | None) -> Verdict:
        for name in (archive.README, archive.PROOF, archive.CHECKPOINT, archive.PREVIOUS, archive.TLOG_PROOF):
            self._unchanged(name, [self._archive.whole(name)])
        proof = self._record(archive.PROOF, self._archive.whole(archive.PROOF))
        count = self._leaves()
        history.begin(self._tree, proof, count)
        head = self._head()
        counts = head.inner("counts")
        behind = {name: counts.integer(name.partition(".")[0]) for name in _TAIL}
        entries = count - 1 - sum(behind.values())
        if min(*behind.values(), entries) < 0 or sum(behind.values()) > _MOST:
            counts.wrong("bad_counts", "the counts are not those of the records")
        tail, ends = self._behind(behind, entries)
        books = _books(head, tail)
        self._entries(books, entries)
        for leaf in ends:
            self._tree.append(leaf)
        head.expect("position", head.integer("position"), books.settle(tail[archive.LINES], tail[archive.DOCUMENTS]))
        _exchange(head, books, tail[archive.RATES])
        texts = {name: self._text(name) for name in (archive.CHECKPOINT, archive.PREVIOUS, archive.TLOG_PROOF)}
        tree = history.end(self._tree, proof, count, texts, self._head_leaf, key, kept)
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

    def _leaves(self) -> int:
        """How many leaves there are."""
        digest, size = hashlib.sha256(), 0
        for block in self._archive.blocks(archive.LEAVES):
            digest.update(block)
            size += len(block)
        if digest.hexdigest() != self._sums[archive.LEAVES] or size % _HASH or not size:
            raise Difference(archive.LEAVES, "hash", "the list of hashes is not the one in the manifest")
        return size // _HASH

    def _head(self) -> Record:
        lines = list(self._archive.lines(archive.HEAD))
        due = next(self._hashes())
        if len(lines) != 1 or leaf_of(archive.HEAD, 1, lines[0]) != due:
            raise Difference(archive.HEAD, "hash", "the head is not the one that was stated", line=1)
        self._unchanged(archive.HEAD, lines)
        self._head_leaf = due
        self._tree.append(due)
        return parsed(archive.HEAD, 1, lines[0])

    def _behind(self, counts: dict[str, int], entries: int) -> tuple[dict[str, list[Record]], list[bytes]]:
        """The records behind the entries, each as it was stated, and their leaves."""
        hashes = islice(self._hashes(), 1 + entries, None)
        tail: dict[str, list[Record]] = {}
        leaves: list[bytes] = []
        for name in _TAIL:
            found = list(islice(self._archive.lines(name), counts[name] + 1))
            due = list(islice(hashes, counts[name]))
            for no, line in enumerate(found, 1):
                if no > counts[name] or leaf_of(name, no, line) != due[no - 1]:
                    raise Difference(name, "hash", "this line is not the one that was stated", line=no)
            if len(found) < counts[name]:
                raise Difference(name, "line_missing", "lines are missing", line=len(found) + 1)
            self._unchanged(name, found)
            tail[name] = [parsed(name, no, line) for no, line in enumerate(found, 1)]
            leaves += due
        return tail, leaves

    def _entries(self, books: Books, due: int) -> None:
        digest, hashes, line = hashlib.sha256(), self._hashes(), 0
        next(hashes)
        for line, raw in enumerate(self._archive.lines(archive.ENTRIES), 1):
            if line > due:
                raise Difference(archive.ENTRIES, "line_added", "more lines than were stated", line=line)
            leaf = leaf_of(archive.ENTRIES, line, raw)
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


def _books(head: Record, tail: dict[str, list[Record]]) -> Books:
    """What the entries are to be held against."""
    period, currencies = head.inner("period"), head.inner("currencies")
    agreements = {one.integer("agreement"): amounts.agreement_of(one) for one in tail[archive.AGREEMENTS]}
    points = {int(no): currencies.inner(no).integer("decimals") for no in currencies.data if _NUMBER.fullmatch(no)}
    decimals = head.integer("currency_decimals")
    if not all(0 <= places <= 9 for places in (decimals, *points.values())):
        head.wrong("bad_decimals", "a currency has from no to nine decimals")
    days = (period.day("starts_on"), period.day("ends_on"))
    return Books(head.data.get("is_operator") is True, decimals, *days, points, agreements)


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
