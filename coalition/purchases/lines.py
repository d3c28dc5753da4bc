"""A receipt's lines at the price of a look: all of them column by column, when nothing is wrong with any.

Whatever this look does not take is read line by line with care (`reading.py`), so that every wrong field gets its name;
a property test holds the two to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from coalition.kernel.copying import quoted
from coalition.purchases.fields import AMOUNT_MAX
from coalition.purchases.receipts import Line

NO_MAX = 32_767
SKU_MAX, NAME_MAX, CATEGORY_MAX = 100, 300, 200
FIELDS = frozenset(Line._fields)
_NAMES = Line._fields
_WHOLE, _WHOLE_OR_NONE, _TEXT_OR_NONE = {int}, {int, type(None)}, {str, type(None)}
_line: Callable[[tuple[Any, ...]], Line] = partial(tuple.__new__, Line)


def right_lines(given: list[Any]) -> tuple[Line, ...] | None:
    """The lines, of which there is at least one, if every field is right and every number a line's own; else None."""
    if set(map(type, given)) != {dict} or not set().union(*given) <= FIELDS:
        return None
    rows = [tuple(map(line.get, _NAMES)) for line in given]
    no, amount, qty_m, price, sku, name, category = zip(*rows, strict=True)
    right = (
        set(map(type, (*no, *amount))) == _WHOLE
        and min(no) >= 1
        and max(no) <= NO_MAX
        and len(set(no)) == len(no)
        and _amounts((*amount, *qty_m, *price))
        and _texts(sku, SKU_MAX)
        and _texts(name, NAME_MAX)
        and _texts(category, CATEGORY_MAX)
    )
    return tuple(map(_line, rows)) if right else None


def written(lines: Iterable[Line]) -> list[str]:
    """The lines as CSV, field by field in the order of `Line`: how they are copied, and what a request's hash is of."""
    return [
        f"{no},{amount},{qty_m},{price},{quoted(sku)},{quoted(name)},{quoted(category)}"
        for no, amount, qty_m, price, sku, name, category in lines
    ]


def _amounts(column: Iterable[Any]) -> bool:
    types = set(map(type, column))
    if not types <= _WHOLE_OR_NONE:
        return False
    given = column if types == _WHOLE else [value for value in column if value is not None]
    return min(given, default=0) >= 0 and max(given, default=0) <= AMOUNT_MAX


def _texts(column: Iterable[Any], most: int) -> bool:
    return set(map(type, column)) <= _TEXT_OR_NONE and max(map(len, filter(None, column)), default=0) <= most
