"""A receipt's lines at the price of a look, when nothing is wrong with any.

Whatever this look does not take is read line by line with care (`reading/receipt.py`), so that every wrong field gets
its name; a property test holds the two to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any

import msgspec

from coalition.kernel.copying import quoted
from coalition.purchases.fields import AMOUNT_MAX
from coalition.purchases.receipts import Line

NO_MAX = 32_767
SKU_MAX, NAME_MAX, CATEGORY_MAX = 100, 300, 200
FIELDS = frozenset(Line._fields)
_Amount = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
_line: Callable[[tuple[Any, ...]], Line] = partial(tuple.__new__, Line)


class RightLine(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A line with which nothing is wrong, in the order of `Line`."""

    no: Annotated[int, msgspec.Meta(ge=1, le=NO_MAX)]
    amount: _Amount
    qty_m: _Amount | None = None
    price: _Amount | None = None
    sku: Annotated[str, msgspec.Meta(max_length=SKU_MAX)] | None = None
    name: Annotated[str, msgspec.Meta(max_length=NAME_MAX)] | None = None
    category: Annotated[str, msgspec.Meta(max_length=CATEGORY_MAX)] | None = None


def right_lines(given: list[Any]) -> tuple[Line, ...] | None:
    """The lines, of which there is at least one, if every field is right and every number a line's own; else None."""
    try:
        shown = msgspec.convert(given, list[RightLine])
    except msgspec.ValidationError:
        return None
    lines = tuple([_line(msgspec.structs.astuple(one)) for one in shown])
    return lines if len({line.no for line in lines}) == len(lines) else None


def written(lines: Iterable[Line]) -> list[str]:
    """The lines as CSV, field by field in the order of `Line`: how they are copied, and what a request's hash is of."""
    return [
        f"{no},{amount},{qty_m},{price},{quoted(sku)},{quoted(name)},{quoted(category)}"
        for no, amount, qty_m, price, sku, name, category in lines
    ]
