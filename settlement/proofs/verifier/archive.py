"""The zip around a bundle, read without trust: exactly the members that a bundle has, one after another, and no more.

Every byte of the file is accounted for: a header in another form, a gap, an overlap, a comment or a member too many is
refused before anything is unpacked, so that neither a bomb nor a hidden second content gets in.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from settlement.proofs.verifier.differences import Difference

HEAD, ENTRIES, LINES, DOCUMENTS = "head.json", "entries.jsonl", "lines.jsonl", "documents.jsonl"
AGREEMENTS, RATES = "agreements.jsonl", "rates.jsonl"
LEAVES, PROOF, CHECKPOINT, PREVIOUS = "leaves.bin", "proof.json", "checkpoint", "checkpoint.previous"
TLOG_PROOF, README, MANIFEST = "head.tlog-proof", "README.txt", "manifest.json"
RECORDS = (HEAD, ENTRIES, LINES, DOCUMENTS, AGREEMENTS, RATES)
MEMBERS = (README, *RECORDS, LEAVES, PROOF, CHECKPOINT, PREVIOUS, TLOG_PROOF, MANIFEST)
LONGEST = 64 * 1024
_SMALL = 1 << 22
_LARGEST = 1 << 36
_RATIO = 200
_FREE = 1 << 20
_BLOCK = 1 << 18
_NARROW = (1 << 31) - 1
_END = struct.Struct("<4s4H2LH")
_DIRECTORY = struct.Struct("<4s2B5H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_ZIP64 = struct.Struct("<2H2Q")
_UNIX, _MODE = 3, 0o644 << 16
_EPOCH = (1980, 1, 1, 0, 0, 0)
_METHODS = {LEAVES: zipfile.ZIP_STORED}


def entry_for(name: str) -> zipfile.ZipInfo:
    """How a member of this name is described in the zip: the same bytes whoever writes it, and whenever."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr = _UNIX, _MODE
    info.compress_type = _METHODS.get(name, zipfile.ZIP_DEFLATED)
    return info


class Archive:
    """An opened bundle. Raises Difference from the constructor if it is not in the one form that a bundle has."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise Difference("", "unreadable", f"the file cannot be read: {error.strerror}") from None
        try:
            self._zip = self._checked()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def whole(self, name: str) -> bytes:
        """A small member in one piece."""
        if self._zip.getinfo(name).file_size > _SMALL:
            raise Difference(name, "too_large", f"larger than {_SMALL} bytes")
        return b"".join(self.blocks(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """A member, block by block."""
        try:
            with self._zip.open(name) as member:
                while block := member.read(_BLOCK):
                    yield block
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            struct.error,
        ) as error:
            raise Difference(name, "damaged", f"the packed data are damaged: {error}") from None

    def lines(self, name: str) -> Iterator[bytes]:
        """The records of a member with their line feeds; what no line feed ends is the last."""
        rest = b""
        for block in self.blocks(name):
            lines = io.BytesIO(rest + block).readlines()
            rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
            if len(rest) > LONGEST:
                raise Difference(name, "line_too_long", f"a line is longer than {LONGEST} bytes")
            yield from lines
        if rest:
            yield rest

    def _checked(self) -> zipfile.ZipFile:
        size = self._file.seek(0, io.SEEK_END)
        start = self._end_of(size)
        try:
            archive = zipfile.ZipFile(self._file)
            found = archive.infolist()
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OverflowError) as error:
            raise Difference("", "not_a_zip", f"the archive is damaged: {error}") from None
        names = tuple(info.filename for info in found)
        for name in MEMBERS:
            if name not in names:
                raise Difference(name, "missing", "the bundle lacks this member")
        if names != MEMBERS:
            extra = next(name for name, due in zip(names, (*MEMBERS, ""), strict=False) if name != due)
            raise Difference(extra[:80], "unexpected", "the bundle holds a member that does not belong there")
        place = 0
        for info in found:
            place = self._checked_member(info, place)
        due = b"".join(_directory_entry(info) for info in found)
        self._file.seek(place)
        if place != start or self._file.read(len(due) + 1)[: len(due)] != due:
            raise Difference("", "not_plain", "the directory is not that of a bundle")
        return archive

    def _end_of(self, size: int) -> int:
        """Where the directory begins, by the record at the very end of the file."""
        self._file.seek(max(0, size - _END.size))
        tail = self._file.read(_END.size)
        if len(tail) < _END.size or not tail.startswith(b"PK\x05\x06"):
            raise Difference("", "not_a_zip", "the file is no zip archive, or was cut off")
        _, disk, first, here, count, length, start, comment = _END.unpack(tail)
        if (disk, first, comment) != (0, 0, 0) or here != count or count > 2 * len(MEMBERS):
            raise Difference("", "not_plain", "the archive's end is not that of a bundle")
        if start == 0xFFFFFFFF:
            start = size - _END.size - length - 56 - 20
        elif start + length + _END.size != size:
            raise Difference("", "not_a_zip", "the archive was cut off, or something was added to it")
        return int(start)

    def _checked_member(self, info: zipfile.ZipInfo, place: int) -> int:
        """Hold a member's headers against the one form they may have; where the next member begins."""
        name, due = info.filename, entry_for(info.filename)
        if info.file_size > _LARGEST or info.file_size > _FREE + _RATIO * info.compress_size:
            raise Difference(name, "too_large", "it would unpack to more than any bundle holds")
        wide = info.extract_version == 45
        self._file.seek(place)
        raw = self._file.read(_LOCAL.size + len(name) + (_LOCAL_ZIP64.size if wide else 0))
        sizes = (0xFFFFFFFF, 0xFFFFFFFF) if wide else (info.compress_size, info.file_size)
        version = 45 if wide else 20
        expected = _LOCAL.pack(
            b"PK\x03\x04", version, 0, due.compress_type, 0, 33, info.CRC, *sizes, len(name), len(raw[30 + len(name) :])
        )
        expected += name.encode()
        if wide:
            expected += _LOCAL_ZIP64.pack(1, 16, info.file_size, info.compress_size)
        if info.header_offset != place or raw != expected:
            raise Difference(name, "not_plain", "the member's headers are not those of a bundle")
        return place + len(raw) + info.compress_size


def _directory_entry(info: zipfile.ZipInfo) -> bytes:
    """How the directory describes a member of a bundle."""
    name, due = info.filename.encode(), entry_for(info.filename)
    wide, (size, packed, offset) = [], (info.file_size, info.compress_size, info.header_offset)
    if max(size, packed) > _NARROW:
        wide += [size, packed]
        size = packed = 0xFFFFFFFF
    if offset > _NARROW:
        wide += [offset]
        offset = 0xFFFFFFFF
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = 45 if wide or info.extract_version == 45 else 20
    head = (b"PK\x01\x02", version, _UNIX, version, 0, due.compress_type, 0, 33, info.CRC, packed, size)
    return _DIRECTORY.pack(*head, len(name), len(extra), 0, 0, 0, due.external_attr, offset) + name + extra
