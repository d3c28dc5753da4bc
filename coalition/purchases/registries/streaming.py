"""A registry file as a stream of lines, a chunk at a time: memory stays flat whatever the file holds.

Plain or gzip, told apart by the first bytes. A line longer than a megabyte is skipped without being kept, and an
endless one still lets go of the file now and then, so that the job can show that it is alive. Positions count
uncompressed bytes and always stand at the beginning of a line: from there a later process goes on.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

CHUNK_LINES = 2_000
CHUNK_BYTES = 8 << 20
SKIP_BYTES = 2 << 20
LINE_MAX = 1 << 20
EXPANDED_MAX = 16 << 30
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


class Unreadable(Exception):
    """The file ends in the middle, is damaged, or is too large; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Chunk:
    """Lines with their numbers in the file (None: too long to be kept), and where the next chunk begins.

    Blank lines are left out. A chunk without lines is a sign of life. `starts` says where each line begins.
    """

    position: int
    last_line: int
    lines: list[tuple[int, bytes | None]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


def chunks(file: BinaryIO, position: int = 0, last_line: int = 0, *, strip: bytes | None = None) -> Iterator[Chunk]:
    """The file from a position on (and the number of the line before it). Raises Unreadable after what was readable.

    `strip`: the bytes that do not belong to a line's ends (default: all blanks).
    """
    reader = _Reader(file, position, last_line, strip)
    while not reader.ended:
        yield reader.chunk()
    if reader.trouble:
        raise Unreadable(reader.trouble)


def first_line(file: BinaryIO) -> bytes:
    """The file's first line without its mark and its end; the file stands at its beginning again.

    Raises Unreadable for a file that is damaged there.
    """
    reader = _Reader(file, 0, 0, None)
    try:
        line = reader.stream.readline(LINE_MAX)
    except _DAMAGED as error:
        raise Unreadable("file_damaged") from error
    finally:
        file.seek(0)
    return line.removeprefix(_BOM).rstrip(b"\r\n")


class _Reader:
    """Where we are in the file, and whether in the middle of a line that is too long."""

    def __init__(self, file: BinaryIO, position: int, last_line: int, strip: bytes | None) -> None:
        self.strip = strip
        magic = file.read(len(_GZIP))
        file.seek(0)
        self.stream = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if magic == _GZIP else file
        self.begin, self.offset, self.last_line = position, 0, last_line
        self.position = position  # the end of the last whole line
        self.skipping = self.ended = False
        self.trouble: str | None = None

    def chunk(self) -> Chunk:
        """The next lines; afterwards `ended` and `trouble` say whether there are more."""
        chunk = Chunk(self.position, self.last_line)
        try:
            self._go_on()
            if self.offset >= self.begin:
                self._fill(chunk)
        except _DAMAGED:
            self.trouble = "file_damaged"
        if self.offset > EXPANDED_MAX:
            self.trouble = "file_too_large"
        self.ended = self.ended or self.trouble is not None
        return chunk

    def _go_on(self) -> None:
        """Skip what an earlier process has done, or a stretch of it: that takes long, too."""
        stop = min(self.begin, self.offset + SKIP_BYTES)
        while self.offset < stop:
            skipped = len(self.stream.read(min(stop - self.offset, CHUNK_BYTES)))
            if not skipped:
                raise EOFError
            self.offset += skipped

    def _fill(self, chunk: Chunk) -> None:
        size = 0
        while len(chunk.lines) < CHUNK_LINES and size < CHUNK_BYTES and not self.ended:
            piece = self.stream.readline(LINE_MAX + 1)
            whole = piece.endswith(b"\n")
            size += len(piece)
            self.offset += len(piece)
            self.ended = not piece
            if self.skipping and (whole or self.ended):
                self.skipping = False
                self._take(chunk, None)
            elif len(piece) > LINE_MAX and not whole:
                self.skipping = True
            elif piece and not self.skipping:
                self._take(chunk, piece)

    def _take(self, chunk: Chunk, line: bytes | None) -> None:
        start = self.position
        self.last_line += 1
        self.position = self.offset
        chunk.last_line, chunk.position = self.last_line, self.position
        if line is not None:
            line = line.removeprefix(_BOM if self.last_line == 1 else b"").strip(self.strip)
        if line != b"":
            chunk.lines.append((self.last_line, line))
            chunk.starts.append(start)
