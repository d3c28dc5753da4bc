"""The small parts of a workbook: which sheets it has, where its parts lie, and as what its styles show a number."""

from __future__ import annotations

import re
from collections.abc import Sized

from coalition.kernel.unpacking import FileRefused
from coalition.kernel.workbooks.parsing import Attributes, Part, local

_MOST = 100_000
_FORMAT_MAX = 255  # characters; a spreadsheet's own limit
_BESIDE_DIGITS = re.compile(r'\\.|"[^"]*"|\[[^\]]*\]|[ -]')  # what a format shows between the digits
_LOCAL_DATES = {*range(27, 37), *range(50, 59)}  # formats that are dates in some languages


class Book(Part):
    """The workbook's own part. `sheets`: name, link, and whether it is hidden."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.since_1904 = False

    def start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            link = next((value for key, value in attributes.items() if local(key) == "id" and key != "id"), "")
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), link, hidden))
            _limit(self.sheets)


class Links(Part):
    """What a part is linked to. `targets`: the kind and the target of each link."""

    def __init__(self) -> None:
        self.targets: dict[str, tuple[str, str]] = {}

    def start(self, tag: str, attributes: Attributes) -> None:
        if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.targets[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))
            _limit(self.targets)


class Styles(Part):
    """The workbook's styles."""

    def __init__(self) -> None:
        self.formats: dict[str, str] = {}
        self.used: list[str] = []
        self.within = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if name in ("numFmts", "cellXfs"):
            self.within = name
        elif name == "numFmt" and self.within == "numFmts":
            self.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:_FORMAT_MAX]
            _limit(self.formats)
        elif name == "xf" and self.within == "cellXfs":
            self.used.append(attributes.get("numFmtId", "0"))
            _limit(self.used)

    def end(self, tag: str) -> None:
        if local(tag) == self.within:
            self.within = ""

    def shown(self) -> list[tuple[bool, int]]:
        """Of every style that cells may have: whether it shows a date or a time, and how many digits at the least."""
        shown = {number: (self._is_moment(number), self._digits(number)) for number in set(self.used)}
        return [shown[number] for number in self.used]

    def _digits(self, number: str) -> int:
        """The digits of a format that is nothing but zeros, as those of cards and codes are."""
        digits = _BESIDE_DIGITS.sub("", self.formats.get(number, "").partition(";")[0])
        return 0 if digits.strip("0") else len(digits)

    def _is_moment(self, number: str) -> bool:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        if number in self.formats:
            return bool(is_date_format(self.formats[number]))
        place = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
        return place in _LOCAL_DATES or bool(is_date_format(BUILTIN_FORMATS.get(place)))


def _limit(found: Sized) -> None:
    if len(found) > _MOST:
        raise FileRefused("broken", f"The workbook lists more than {_MOST} sheets, links or styles.")
