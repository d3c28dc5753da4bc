"""The typeface of what we print: Noto Sans from its wheel, cut down to European scripts, regular and bold.

The wheel holds one variable font of two megabytes, which costs seconds to load. Each weight is therefore cut once per
process (half a second) and kept in memory as a small static font.
"""

from __future__ import annotations

import logging
from functools import cache
from io import BytesIO

import fontpkg_noto_sans
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

_FILE = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
_WEIGHTS = {"": 400, "B": 700}
# Latin with its extensions, Greek, Cyrillic; punctuation, currency signs, arrows and mathematical operators.
_UNICODES = [*range(0x20, 0x530), *range(0x1E00, 0x2300)]
STYLES = tuple(_WEIGHTS)
for _chatter in ("fontTools", "fpdf"):  # a hundred lines for each paper
    logging.getLogger(_chatter).setLevel(logging.WARNING)


@cache
def cut(style: str) -> bytes:
    """A TrueType font of one style, "" or "B" (bold). The same bytes every time."""
    font = TTFont(_FILE, recalcTimestamp=False, lazy=True)
    options = subset.Options(hinting=False, notdef_outline=True, drop_tables=["GDEF", "GPOS", "GSUB"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=_UNICODES)
    subsetter.subset(font)
    instancer.instantiateVariableFont(font, {"wght": _WEIGHTS[style], "wdth": 100}, inplace=True)
    out = BytesIO()
    font.save(out)
    return out.getvalue()
