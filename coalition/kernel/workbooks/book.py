"""A workbook that somebody has sent: opened, looked through, and one of its sheets as rows of texts.

The file is a zip of XML and a stranger's: every part is unpacked once, within limits, before anything is read. Formulas
are never worked out: their stored results are read, as a reader of the sheet sees them. Macros are neither kept nor
looked at. A workbook in a gzip is weighed by the bytes of the gzip.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, TypeVar, cast
from weakref import finalize

from coalition.kernel.unpacking import FileRefused, PackingLimits, Unpacked, opened_member, opened_zip
from coalition.kernel.workbooks.packing import first_bytes, unwrapped
from coalition.kernel.workbooks.parsing import Part, Rows, SharedTexts, parsed
from coalition.kernel.workbooks.parts import Book, Links, Styles
from coalition.kernel.workbooks.values import moment_reader, number_text

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLD = b"\xd0\xcf\x11\xe0"  # the container of .xls, and of any workbook with a password
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MEMBERS = 2_000
_PART_BYTES = 100 << 20
_SHEET_BYTES = 2 << 30
_CHUNK = 1 << 20
_DOCTYPE = b"<!DOCTYPE"
_RELATIONS = "_rels/.rels"
P = TypeVar("P", bound=Part)


def is_workbook(file: BinaryIO) -> bool:
    """Whether a file is, by its first bytes, a workbook of whatever kind, in a gzip or not; it stands at its beginning
    again."""
    return first_bytes(file) in (*_ZIP, _OLD)


class Workbook:
    """A workbook whose parts have been looked through. Numbers are written with the mark `decimal`."""

    def __init__(self, file: BinaryIO, decimal: str = ".") -> None:
        """Raises FileRefused: `not_xlsx`, `workbook_old`, `workbook_locked`, `broken`, and archives' own."""
        sent = file.seek(0, io.SEEK_END)
        file.seek(0)
        book = unwrapped(file)
        if book is not file:
            finalize(self, book.close)
        _demand_xlsx(book)
        self._archive = opened_zip(book, _MEMBERS)
        _look_through(self._archive, min(sent, book.seek(0, io.SEEK_END)))
        main = self._main()
        found, self._targets = self._read(Book(), main), self._read(Links(), _relations_of(main)).targets
        self._sheets, self._base = found.sheets, posixpath.dirname(main)
        self._texts = self._of_kind(SharedTexts(), "sharedStrings")
        moment, plain = moment_reader(since_1904=found.since_1904), partial(number_text, decimal=decimal)
        self._readers: list[Callable[[str], str]] = [
            moment if is_moment else partial(plain, digits=digits)
            for is_moment, digits in self._of_kind(Styles(), "styles").shown()
        ] or [plain]

    def rows(self, sheet: str | None = None) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not empty with their numbers in the sheet: the one named, else the first that is shown.

        Each ends with its last cell that is not empty. Raises FileRefused, also `sheet_missing`.
        """
        rows = Rows(self._texts, self._readers)
        with self._opened(self._path_of(sheet)) as stream:
            for _ in parsed(stream, rows):
                if rows.done:
                    done, rows.done = rows.done, []
                    yield from done

    def _path_of(self, sheet: str | None) -> str:
        for name, link, hidden in self._sheets:
            kind, target = self._targets.get(link, ("", ""))
            if kind == "worksheet" and (name == sheet if sheet else not hidden):
                return self._full(target)
        raise FileRefused("sheet_missing", f"The workbook has no sheet {sheet!r}." if sheet else "It has no sheet.")

    def _main(self) -> str:
        """Where the workbook's own part is. Raises FileRefused `not_xlsx`."""
        links = self._read(Links(), _RELATIONS).targets if _RELATIONS in self._archive.NameToInfo else {}
        for kind, target in links.values():
            if kind == "officeDocument" and target.endswith(".xml"):
                return target.lstrip("/")
        raise FileRefused("not_xlsx", "The archive is no XLSX workbook.")

    def _of_kind(self, part: P, kind: str) -> P:
        """The part of this kind, read if the workbook has one."""
        target = next((target for found, target in self._targets.values() if found == kind), None)
        return self._read(part, self._full(target)) if target else part

    def _read(self, part: P, path: str) -> P:
        with self._opened(path) as stream:
            for _ in parsed(stream, part):
                pass
        return part

    def _full(self, target: str) -> str:
        return target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(self._base, target))

    def _opened(self, path: str) -> BinaryIO:
        try:
            return cast(BinaryIO, self._archive.open(path))
        except KeyError as error:
            raise FileRefused("broken", f"The workbook lacks its part {path[:80]!r}.") from error


def _relations_of(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _demand_xlsx(file: BinaryIO) -> None:
    """Raises FileRefused for another file, and says what people can do about it."""
    magic = file.read(4)
    file.seek(0)
    if magic == _OLD:
        before = b""
        while piece := file.read(_CHUNK):
            if _LOCKED in before + piece:
                raise FileRefused("workbook_locked", "The workbook has a password; save it without one.")
            before = piece[-len(_LOCKED) :]
        raise FileRefused("workbook_old", "This is a workbook of the kind .xls; save it as .xlsx.")
    if magic not in _ZIP:
        raise FileRefused("not_xlsx", "The file is no XLSX workbook.")


def _look_through(archive: zipfile.ZipFile, size: int) -> None:
    """Unpack every part once, within its limits and those of the whole: parts may overlap, and each be small."""
    limits = PackingLimits()
    left = max(limits.free_bytes, size * limits.ratio)
    for member in archive.infolist():
        left -= _unpacked_bytes(archive, member)
        if left < 0:
            raise FileRefused("archive_bomb", "The workbook unpacks to far more than its size.")


def _unpacked_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """The bytes of a part; refuses what no workbook holds: a DOCTYPE, another encoding."""
    most = _SHEET_BYTES if "worksheets/" in member.filename else _PART_BYTES
    limits = PackingLimits(unpacked_bytes=most)
    with opened_member(archive, member) as packed:
        part, before = Unpacked(packed, member.compress_size, limits), b""
        xml = member.filename.endswith((".xml", ".rels", ".vml"))
        while piece := part.read(_CHUNK):
            if xml and (_DOCTYPE in before + piece or b"\0" in piece):
                raise FileRefused("entities_forbidden", "The workbook declares a document type.")
            before = piece[-len(_DOCTYPE) :]
    return part.position
