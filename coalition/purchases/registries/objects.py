"""A registry of foreign JSON: an object a line, its fields under whatever names, by the mapping of a table.

A column of the mapping is a field of the object, or a field of one in it (`member.card`). A number is read digit by
digit, as it is written; a field that is absent or null is an empty cell. Lines are UTF-8.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, NoReturn

from coalition.kernel.errors import BadRequest, FieldError, Invalid
from coalition.kernel.web.json_body import FORBIDDEN_TEXT, check_depth, unique
from coalition.purchases.registries.cells import Cells
from coalition.purchases.registries.mappings import ColumnMapping
from coalition.purchases.registries.sheets import as_text
from coalition.purchases.registries.streaming import Unreadable


class Objects(Cells):
    """A mapping bound to lines of JSON, each of which says its titles itself.

    Raises Unreadable `columns_missing` if the `first` line has nothing of a receipt's number.
    """

    def __init__(self, mapping: ColumnMapping, first: bytes, decimals: int, points_decimals: int = 0) -> None:
        self.paths = sorted({str(part) for parts in mapping.columns.values() for part in parts})
        super().__init__(as_text(mapping), _header(self.paths), decimals, points_decimals)
        self.headed = False
        if (row := self.row(1, first)).refusal is None and not row.number:
            raise Unreadable("columns_missing")

    def _split(self, text: str) -> list[str]:
        check_depth(text.encode())
        try:
            found = json.loads(
                text, object_pairs_hook=unique, parse_int=str, parse_float=self._number, parse_constant=_no_number
            )
        except (ValueError, RecursionError) as error:
            raise BadRequest("not_json", "This is not valid JSON.") from error
        if not isinstance(found, dict):
            raise BadRequest("not_an_object", "This must be a JSON object.")
        return [_text(path, _at(found, path)) for path in self.paths]

    def _number_before(self, text: bytes) -> str | None:
        return None

    def _number(self, text: str) -> str:
        return text.replace(".", self.mapping.decimal)


def is_object(line: bytes) -> bool:
    """Whether a file's first line is an object, and so no header."""
    return line.lstrip().startswith(b"{")


def _header(titles: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="").writerow(titles)
    return out.getvalue().encode()


def _at(found: Any, path: str) -> Any:
    """The field of this name, or else the field of a field, by names between dots."""
    if path in found:
        return found[path]
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _text(path: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise Invalid("invalid", "A field is no value.", [FieldError(path, "invalid", "Write a text or a number.")])
    if FORBIDDEN_TEXT.search(value):
        problem = FieldError(path, "forbidden_character", "A text may hold neither NUL nor a lone surrogate.")
        raise Invalid("invalid", "A field holds what no text may.", [problem])
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
