"""Texts as the SEPA scheme carries them: Latin letters, digits and a few signs. Pure.

Source: EPC230-15, "Requirements on an Extended Character Set": only the basic set is understood by every bank. A text
may not begin or end with a slash, nor hold two in a row. A reference stays recognizable, so it is never transliterated.
"""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r"[^A-Za-z0-9/?:().,'+\- ]+")
_NOTHING = "NOTPROVIDED"
_NAME_MAX, _TEXT_MAX = 70, 140


def name(text: str) -> str:
    """A party's name, at most 70 characters, in Latin letters."""
    return _clean(text, _NAME_MAX)


def remark(text: str) -> str:
    """What a transfer is for, at most 140 characters, in Latin letters."""
    return _clean(text, _TEXT_MAX)


def _clean(text: str, most: int) -> str:
    from text_unidecode import unidecode  # its tables take 5 MB

    latin = _OUTSIDE.sub(" ", unidecode(text).replace("&", "+"))
    tidy = re.sub(r"/{2,}", "/", " ".join(latin.split()))
    return tidy[:most].strip(" /") or _NOTHING
