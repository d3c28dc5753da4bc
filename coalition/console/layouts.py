"""The form of a layout, said once: which column of a partner's table is which field, and what every row has.

Staff describe layouts for all partners in the console, a partner's people their own in its portal. Saved as versions.
"""

from __future__ import annotations

from typing import Any

from coalition import programs, purchases
from coalition.console import forms
from coalition.purchases import ColumnMapping

_SLIP = ("external_id", "occurred_at", "outlet", "member", "member_kind", "currency", "channel", "type")
HEAD = (*_SLIP, "original", "points_paid")
BANK = ("payment_kind", "mcc", "merchant")
LINE = ("amount", "sku", "name", "category", "qty", "price", "no")
COMPARED = ("points", "points_redeemed", "rate")
FIELDS = (*HEAD, *LINE, *BANK, *COMPARED)
_NEEDED = ("external_id", "occurred_at", "amount")
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_TEXTS = ("partner", "name", "delimiter", "encoding", "decimal", "date_format", "zone", "grouping", "sheet", "header")
_JOIN = "+"
PARTS: dict[str, Any] = {"head": HEAD, "line": LINE, "bank": BANK, "compared": COMPARED, "needed": _NEEDED}
PARTS |= {"delimiters": tuple(_DELIMITERS)}  # as the template wants them


def typed() -> dict[str, str]:
    """What the form was sent with."""
    return forms.answers(*_TEXTS, *(f"{part}-{field}" for field in FIELDS for part in ("column", "fixed")))


def lacking(given: dict[str, str]) -> forms.Errors:
    """The columns that every layout has and this form does not name."""
    return [forms.error(f"column-{field}", "required") for field in _NEEDED if not given[f"column-{field}"]]


def save(partner_id: int, given: dict[str, str]) -> tuple[forms.Errors, int]:
    """Save the layout; no errors and 200, or what is wrong and the status. To be called outside of a transaction."""
    pointers = {f"/{name}": name for name in _TEXTS}
    pointers |= {f"/columns/{field}": f"column-{field}" for field in FIELDS}
    pointers |= {f"/fixed/{field}": f"fixed-{field}" for field in FIELDS}
    return forms.tried(lambda: purchases.save_mapping(partner_id, given["name"], _definition(given)), pointers)


def begun(program: programs.Program, partner_id: int | None, name: str) -> dict[str, str]:
    """The answers with which a form begins: the partner's layout of this name, else what most tables have."""
    saved = next((one for one in purchases.mappings(partner_id) if one.name == name), None) if partner_id else None
    if saved:
        return _told(saved)
    plain = {"delimiter": "semicolon", "encoding": "utf-8", "decimal": ",", "date_format": "%d.%m.%Y %H:%M"}
    return plain | {
        "zone": program.zone,
        "grouping": "receipt",
        "header": "yes",
        "fixed-currency": program.currency,
    }


def _definition(given: dict[str, str]) -> dict[str, Any]:
    """The layout that the form describes."""
    header = bool(given["header"])
    columns = {field: _columns(given[f"column-{field}"], header) for field in FIELDS if given[f"column-{field}"]}
    return {
        "delimiter": _DELIMITERS.get(given["delimiter"], ""),
        "encoding": given["encoding"],
        "decimal": given["decimal"],
        "date_format": given["date_format"] or "iso",
        "zone": given["zone"],
        "header": header,
        "grouping": given["grouping"],
        "sheet": given["sheet"] or None,
        "fixed": {field: given[f"fixed-{field}"] for field in FIELDS if given[f"fixed-{field}"]},
        "columns": columns,
    }


def _columns(text: str, header: bool) -> list[str | int]:
    """The columns of one field; without a header they are places from 1."""
    parts = [part.strip() for part in text.split(_JOIN)]
    return [int(part) if not header and part.isascii() and part.isdecimal() else part for part in parts]


def _told(saved: ColumnMapping) -> dict[str, str]:
    """A saved layout as answers of the form."""
    found = {name: str(getattr(saved, name)) for name in ("name", "encoding", "decimal", "date_format", "zone")}
    found["delimiter"] = next(name for name, mark in _DELIMITERS.items() if mark == saved.delimiter)
    found |= {"grouping": saved.grouping, "sheet": saved.sheet or "", "header": "yes" if saved.header else ""}
    found |= {f"column-{field}": f" {_JOIN} ".join(map(str, parts)) for field, parts in saved.columns.items()}
    return found | {f"fixed-{field}": value for field, value in saved.fixed.items()}
