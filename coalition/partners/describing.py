"""A partner's assortment as a table: what promotions know of its products, told by the partner's own file.

Columns: `sku` and `category_path` (like food/dairy/milk), and, if there are such, `brand`, `name_en`, `name_ru` and
`vat` (percent, contained in the price). With commas or semicolons between, in UTF-8. All of it is taken, or nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from coalition.kernel.errors import FieldError, Invalid
from coalition.partners.assortment import Item, classify

NEEDED, OTHERS = ("sku", "category_path"), ("brand", "name_en", "name_ru", "vat")
LINES_MOST, TOLD_MOST = 200_000, 100
SKU_MAX, PATH_MAX, TEXT_MAX = 100, 300, 300


def describe(partner_id: int, table: bytes) -> int:
    """Describe a partner's products by a table; how many lines it has. Products that it does not name stay as they are.

    Raises Invalid, which names the first hundred wrong places by `/<line>/<column>`, the head being line 1.
    """
    return classify(partner_id, read_items(table))


def read_items(table: bytes) -> list[Item]:
    """The products of a table. Raises Invalid; see `describe`."""
    try:
        text = table.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refusal([FieldError("", "not_utf8", "The file is not in UTF-8.")]) from None
    head, _, _ = text.partition("\n")
    rows = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    found, problems = list[Item](), list[FieldError]()
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        if wrong := _head(names):
            raise _refusal(wrong)
        for row in rows:
            if any(map(str.strip, row)):
                given = {name: value.strip().replace("\0", "") for name, value in zip(names, row, strict=False)}
                problems += _wrong(given, rows.line_num)
                if not problems:
                    found.append(_item(given))
                if len(problems) >= TOLD_MOST or len(found) > LINES_MOST:
                    break
    except csv.Error as error:
        problems.append(FieldError(f"/{rows.line_num}", "not_a_table", str(error)))
    if len(found) > LINES_MOST:
        problems.append(FieldError("", "too_long", f"At most {LINES_MOST:,} lines."))
    if problems:
        raise _refusal(problems[:TOLD_MOST])
    return found


def _head(names: list[str]) -> list[FieldError]:
    missing = [FieldError("/1", "required", f"No column `{name}`.") for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in (*NEEDED, *OTHERS)]
    return missing + [FieldError("/1", "unknown_field", f"An unknown column: {name[:40]}.") for name in unknown[:5]]


def _wrong(given: Mapping[str, str], line: int) -> Iterator[FieldError]:
    sku, path = given.get("sku", ""), given.get("category_path", "")
    if not 1 <= len(sku) <= SKU_MAX:
        yield FieldError(f"/{line}/sku", "invalid", f"A text of 1 to {SKU_MAX} characters.")
    if not all(path.split("/")) or len(path) > PATH_MAX:
        yield FieldError(f"/{line}/category_path", "invalid", "A path, like food/dairy/milk.")
    for name in ("brand", "name_en", "name_ru"):
        if len(given.get(name, "")) > TEXT_MAX:
            yield FieldError(f"/{line}/{name}", "too_long", f"At most {TEXT_MAX} characters.")
    if given.get("vat") and _bp(given["vat"]) is None:
        yield FieldError(f"/{line}/vat", "invalid", "A percentage below 100 with at most two decimals, like 21 or 5.5.")


def _item(given: Mapping[str, str]) -> Item:
    vat_bp = _bp(given["vat"]) if given.get("vat") else None
    brand, name_en, name_ru = (given.get(name, "") for name in ("brand", "name_en", "name_ru"))
    return Item(given["sku"], given["category_path"], brand, name_en, name_ru, vat_bp)


def _bp(percent: str) -> int | None:
    """A percentage in hundredths of one; None for what is none, or not below 100."""
    try:
        value = Decimal(percent.rstrip("% ").replace(",", ".")).scaleb(2)
    except InvalidOperation:
        return None
    return int(value) if value.is_finite() and value == value.to_integral_value() and 0 <= value < 10_000 else None


def _refusal(problems: list[FieldError]) -> Invalid:
    return Invalid("invalid", "This table cannot be read.", problems)
