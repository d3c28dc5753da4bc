"""What a column mapping says, and whether it can be used. Pure; saving is `catalog.suppliers.mappings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.suppliers.formats.offers import RawOffer
from coalition.kernel.errors import FieldError, Invalid

FIELDS = tuple(name for name in RawOffer._fields if name not in ("attributes", "codes"))
_CHOICES = {
    "delimiter": ("auto", ",", ";", "\t", "|"),
    "encoding": ("auto", "utf-8", "windows-1251"),
    "decimal": ("auto", ".", ","),
    "weight_unit": ("kg", "g"),
    "header": (True, False),
}
_KEYS = frozenset((*_CHOICES, "columns", "attributes", "fixed", "category_separator", "sheet"))
OFFERED, COUNTED = ("sku", "title", "price"), ("sku", "quantity")
_PARTS_MAX = 5
_ATTRIBUTES_MAX = 50
Column = str | int


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How to read a table of offers. `columns` names for each field its columns (several are joined).

    A column is its title, or its place from 1 where there is no header. `attributes` are more columns by the name that
    people shall see. `fixed` are values that every row has. What is `auto` is found out from the file.
    """

    delimiter: str = "auto"
    encoding: str = "auto"
    decimal: str = "auto"
    weight_unit: str = "kg"
    header: bool = True
    category_separator: str = "/"
    sheet: str | None = None
    columns: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    attributes: Mapping[str, Column] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_place(self) -> int:
        """The last column that is named by its place; 0 where there is a header."""
        named = [*(part for parts in self.columns.values() for part in parts), *self.attributes.values()]
        return max((part for part in named if isinstance(part, int)), default=0)

    def lacks(self, *, counts: bool) -> list[str]:
        """The fields that a row has to have and has not: of a file of counts, or of one of whole offers."""
        return [
            name for name in (COUNTED if counts else OFFERED) if name not in self.columns and name not in self.fixed
        ]


OWN_COUNTS = TableMapping(columns={name: (name,) for name in COUNTED})
OWN_NAMES = TableMapping(columns={name: (name,) for name in OFFERED})


def read_mapping(definition: Mapping[str, Any]) -> TableMapping:
    """A mapping out of its definition. Raises Invalid with every wrong field."""
    problems = [
        FieldError(f"/{str(key)[:80]}", "unknown_field", "Unknown field.") for key in definition if key not in _KEYS
    ]
    for key, allowed in _CHOICES.items():
        if key in definition and (
            definition[key] not in allowed or isinstance(definition[key], bool) != (key == "header")
        ):
            words = " or ".join(map(repr, allowed))
            problems.append(FieldError(f"/{key}", "invalid", f"Choose {words}."))
    header = definition.get("header", True) is not False
    problems += _columns(definition.get("columns"), definition.get("fixed") or {}, header)
    problems += _attributes(definition.get("attributes", {}), header)
    problems += _texts(definition)
    if problems:
        raise Invalid("invalid", "The column mapping cannot be used.", problems)
    given = dict(definition)
    given["columns"] = {
        name: tuple(parts if isinstance(parts, list) else [parts]) for name, parts in given["columns"].items()
    }
    return TableMapping(**given)


def _columns(given: Any, fixed: Any, header: bool) -> list[FieldError]:
    if not isinstance(given, dict) or not given:
        return [FieldError("/columns", "required", "Name the column of each field.")]
    problems = []
    for name, parts in given.items():
        listed = parts if isinstance(parts, list) else [parts]
        if name not in FIELDS:
            problems.append(FieldError(f"/columns/{str(name)[:80]}", "unknown_field", "Unknown field."))
        elif not (1 <= len(listed) <= _PARTS_MAX and all(_is_column(part, header) for part in listed)):
            problems.append(FieldError(f"/columns/{name}", "invalid", "Name a column, or up to five."))
    known = {*given, *(fixed if isinstance(fixed, dict) else ())}
    problems += [
        FieldError(f"/columns/{name}", "required", "An offer needs this field.")
        for name in (COUNTED if "quantity" in known and not known & {"title", "price"} else OFFERED)
        if name not in known
    ]
    return problems


def _attributes(given: Any, header: bool) -> list[FieldError]:
    right = isinstance(given, dict) and len(given) <= _ATTRIBUTES_MAX
    if not right or not all(1 <= len(str(name)) <= 80 and _is_column(part, header) for name, part in given.items()):
        return [FieldError("/attributes", "invalid", "Attributes are up to fifty names with a column each.")]
    return []


def _texts(given: Mapping[str, Any]) -> list[FieldError]:
    problems = []
    fixed = given.get("fixed", {})
    if not isinstance(fixed, dict) or not all(
        name in FIELDS and isinstance(text, str) and 1 <= len(text) <= 300 for name, text in fixed.items()
    ):
        problems.append(FieldError("/fixed", "invalid", "Fix a field's text of 1 to 300 characters."))
    separator, sheet = given.get("category_separator", "/"), given.get("sheet")
    if not isinstance(separator, str) or not 1 <= len(separator) <= 5:
        problems.append(FieldError("/category_separator", "invalid", "Write up to five characters."))
    if sheet is not None and not (isinstance(sheet, str) and 1 <= len(sheet) <= 31):
        problems.append(FieldError("/sheet", "invalid", "Write the sheet's name."))
    return problems


def _is_column(part: Any, header: bool) -> bool:
    if header:
        return isinstance(part, str) and 1 <= len(part) <= 200
    return type(part) is int and 1 <= part <= 1_000
