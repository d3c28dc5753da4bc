"""In which of two encodings a stranger's file is written: by its mark, its declaration, and its content.

What is declared is believed unless the content proves it wrong: UTF-8 that is labelled windows-1251 is read as UTF-8,
because Russian text does not look like UTF-8 by accident. Text labelled UTF-8 that is not is refused.
"""

from __future__ import annotations

import codecs

from catalog.suppliers.formats.offers import FeedRefused

HEAD_BYTES = 65_536
_KNOWN = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "windows-1251": "windows-1251",
    "cp1251": "windows-1251",
}
_FEW = 20  # one letter in so many that is no UTF-8 is damage, not another encoding


def encoding_of(head: bytes, declared: str | None = None) -> str:
    """`utf-8` or `windows-1251`, out of a file's first bytes. Raises FeedRefused."""
    if head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)) or b"\0" in head[:200]:
        raise FeedRefused("encoding_unsupported", "Write the file in UTF-8 or windows-1251.")
    said = _KNOWN.get((declared or "").lower())
    if declared and said is None:
        raise FeedRefused("encoding_unsupported", f"{declared!r} is not read; write UTF-8 or windows-1251.")
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if _is_utf8(head):
        return "utf-8" if said != "windows-1251" or not head.isascii() else said
    if said == "utf-8" or _nearly_utf8(head):
        raise FeedRefused("bad_encoding", "The file is not written in UTF-8 throughout.")
    return "windows-1251"


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _nearly_utf8(head: bytes) -> bool:
    text = head.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return sum(not letter.isascii() for letter in text) > wrong * _FEW
