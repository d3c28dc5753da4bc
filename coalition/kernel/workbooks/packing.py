"""A workbook that was packed once more, by gzip: looked into, and unpacked into a file of its own, within limits.

A zip is read from its end, so that it cannot be read out of a stream.
"""

from __future__ import annotations

import shutil
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from coalition.kernel.unpacking import FileRefused, PackingLimits, unpacked

_GZIP = b"\x1f\x8b"
_FIRST = 4
_LIMITS = PackingLimits(unpacked_bytes=1 << 30)  # no larger than a workbook that comes as it is


def first_bytes(file: BinaryIO) -> bytes:
    """The first four bytes of what a file holds, behind a gzip that it may be; it stands at its beginning again."""
    magic = file.read(_FIRST)
    file.seek(0)
    if not magic.startswith(_GZIP):
        return magic
    try:
        return unpacked(file, _LIMITS, inside=False).read(_FIRST) or b""
    except FileRefused:
        return b""
    finally:
        file.seek(0)


def unwrapped(file: BinaryIO) -> BinaryIO:
    """The file itself; in the place of a gzip what it holds, as a file of its own, which the caller closes.

    Raises FileRefused `archive_bomb`, `archive_damaged`, `truncated`.
    """
    magic = file.read(len(_GZIP))
    file.seek(0)
    if magic != _GZIP:
        return file
    target = TemporaryFile()  # noqa: SIM115 - it is the answer
    try:
        shutil.copyfileobj(cast(BinaryIO, unpacked(file, _LIMITS, inside=False)), target)
    except FileRefused:
        target.close()
        raise
    target.seek(0)
    return cast(BinaryIO, target)
