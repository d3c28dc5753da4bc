"""Unpacking what a stranger has packed: gzip, bzip2, or a zip of one file; as a stream, and never without end.

What comes out is counted while it comes, so that no header is believed. Names inside an archive are never used as
paths; one that tries to be one is refused all the same, because nobody honest writes it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

_DAMAGED = (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError)
_END_OF_ZIP = b"PK\x05\x06"
_ENCRYPTED = 0x1
_DIRECTORY_MAX = 1 << 20


class FileRefused(Exception):
    """Nothing of this file is taken; `code` is stable and says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class PackingLimits:
    """How much an archive may hold: bytes, bytes for each packed byte (beyond the first few million), and files."""

    unpacked_bytes: int = 16 << 30
    ratio: int = 200
    free_bytes: int = 32 << 20
    members: int = 20


class Unpacked(io.RawIOBase):
    """The content as a stream that counts. `position` is what was read so far."""

    def __init__(self, stream: BinaryIO, packed_bytes: int | None, limits: PackingLimits) -> None:
        self._stream, self._packed, self._limits = stream, packed_bytes, limits
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises FileRefused for a bomb, for damage, and for an end in the middle."""
        try:
            piece = self._stream.read(len(buffer))
        except EOFError as error:
            raise FileRefused("truncated", "The archive ends before it is complete.") from error
        except _DAMAGED as error:
            raise FileRefused("archive_damaged", f"The archive cannot be unpacked: {error}") from error
        buffer[: len(piece)] = piece
        self.position += len(piece)
        if self._packed is not None:
            self._weigh(self._packed)
        return len(piece)

    def _weigh(self, packed: int) -> None:
        most = min(self._limits.unpacked_bytes, max(self._limits.free_bytes, packed * self._limits.ratio))
        if self.position > most:
            raise FileRefused("archive_bomb", f"The archive unpacks to more than {most} bytes.")


def unpacked(file: BinaryIO, limits: PackingLimits | None = None, *, inside: bool = True) -> Unpacked:
    """The content of a seekable file; a plain one is its own. With `inside` False a zip is left as it is (a workbook).

    Raises FileRefused `archive_unsafe`, `archive_damaged`.
    """
    allowed = limits or PackingLimits()
    magic, size = file.read(4), file.seek(0, io.SEEK_END)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return Unpacked(cast(BinaryIO, gzip.GzipFile(fileobj=file)), size, allowed)
    if magic.startswith(b"BZh"):
        return Unpacked(cast(BinaryIO, bz2.BZ2File(file)), size, allowed)
    if inside and magic in (b"PK\x03\x04", b"PK\x05\x06"):
        return Unpacked(_only_member(file, allowed), size, allowed)
    return Unpacked(file, None, allowed)


def opened_zip(file: BinaryIO, members: int) -> zipfile.ZipFile:
    """An archive whose directory is small and whose names are harmless. Raises FileRefused."""
    _check_directory(file, members)
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED as error:
        raise FileRefused("archive_damaged", f"The archive cannot be opened: {error}") from error
    for member in archive.infolist():
        _check_member(member)
    return archive


def opened_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    """A file of an archive, to be read through `Unpacked`. Raises FileRefused."""
    try:
        return cast(BinaryIO, archive.open(member))
    except _DAMAGED as error:
        raise FileRefused("archive_damaged", f"The archive cannot be unpacked: {error}") from error


def _only_member(file: BinaryIO, limits: PackingLimits) -> BinaryIO:
    archive = opened_zip(file, limits.members)
    files = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        raise FileRefused("archive_unsafe", f"An archive holds one file; this one holds {len(files)}.")
    return opened_member(archive, files[0])


def _check_directory(file: BinaryIO, members: int) -> None:
    """Look at the directory's size before anything reads it: a million entries are a bomb of their own."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END_OF_ZIP)
    if at < 0 or len(tail) < at + 22:
        raise FileRefused("truncated", "The archive ends before its directory.")
    count, length = struct.unpack_from("<HI", tail, at + 10)
    if count > members or length > _DIRECTORY_MAX:
        raise FileRefused("archive_unsafe", f"An archive may hold {members} files.")


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    if "\0" in name or ":" in name or path.is_absolute() or ".." in path.parts:
        raise FileRefused("archive_unsafe", "The archive names a file outside of itself.")
    if member.flag_bits & _ENCRYPTED:
        raise FileRefused("archive_unsafe", "The archive is encrypted.")
    if member.external_attr >> 28 == 0xA:
        raise FileRefused("archive_unsafe", "The archive holds a link.")
