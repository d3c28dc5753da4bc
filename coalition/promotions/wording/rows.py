"""A condition as the rows of the builder, and back: what a marketer types, one comparison in each row.

Rows show the comparisons that stand at the top of a condition; whatever else it says (`any`, `not`, fields of which the
registry knows nothing) is kept as it is, each node a row that can only be read or removed. Nothing is ever lost: taking
a condition apart and putting it together again leaves its meaning. Values are texts as people write them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal, InvalidOperation
from typing import Any

from coalition.kernel.money import format_minor
from coalition.promotions.wording.commas import joined, parted
from coalition.promotions.wording.fields import LINE, Field, found, offered

Node = Mapping[str, Any]
TOGETHER, COUNTED = "lines.sum", "lines.count"  # of the lines that fit: their total, their number
_OF_LINES = {
    TOGETHER: Field(TOGETHER, "int", LINE, "total of these lines", "сумма этих строк", unit="money"),
    COUNTED: Field(COUNTED, "int", LINE, "number of these lines", "число этих строк"),
}
_LISTED = frozenset({"in", "nin", "has_any", "has_all", "has_none"})
_DECIMALS = {"quantity": 3, "percent": 2}
_MOST = 10**15
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_DAY = 24 * 60
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'")


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison as it is typed: a field, an operator, its values; `kept` is a node that no row can show.

    `place`: where it stood in the draft, of a kept one.
    """

    field: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    kept: Node | None = None
    place: int = dataclass_field(default=-1, compare=False)

    @property
    def about(self) -> Field | None:
        """What the registry says of the field."""
        return field_of(self.field)


class Misread(ValueError):
    """A value of a row cannot be read; its code says why."""


def field_of(name: str) -> Field | None:
    """A field of the builder by its name: of the event, of a line, or of the lines together."""
    return _OF_LINES.get(name) or found(name, line=False) or found(name, line=True)


def line_fields() -> tuple[Field, ...]:
    """What can be asked of the lines together, for the end of the list of line fields."""
    return tuple(_OF_LINES.values())


def taken_apart(node: Node | None, decimals: int, *, line: bool = False) -> list[Row]:
    """The rows of a condition. `decimals` are those of the program's money."""
    if node is None:
        return []
    several = isinstance(node, Mapping) and set(node) == {"all"} and isinstance(node["all"], list)
    nodes = node["all"] if several else [node]
    return [_row(one, decimals, line) for one in nodes]


def put_together(nodes: Sequence[Node]) -> Node | None:
    """One condition of several; None for none."""
    return None if not nodes else nodes[0] if len(nodes) == 1 else {"all": list(nodes)}


def together(node: Node, where: Node | None, decimals: int) -> Row | None:
    """The row of a demand on the very lines that the effects are for; None for another one."""
    inner = node.get("lines") if isinstance(node, Mapping) else None
    if not isinstance(inner, Mapping) or (inner.get("where") or None) != (where or None):
        return None
    asked = (inner.get("agg"), inner.get("of"))
    name = TOGETHER if asked == ("sum", "amount") else COUNTED if asked == ("count", None) else None
    if name is None or inner.get("op") not in offered(_OF_LINES[name]) or not _shown(_OF_LINES[name], inner):
        return None
    return Row(name, inner["op"], _texts(_OF_LINES[name], inner, decimals))


def node_of(row: Row, decimals: int, where: Node | None = None) -> Node:
    """The node that a row says. `where`: the lines that the effects are for. Raises Misread with a code."""
    if row.kept is not None:
        return row.kept
    about = row.about
    if about is None:
        raise Misread("choose")
    if row.op not in offered(about):
        raise Misread("choose_comparison")
    value = _value(about, row, decimals)
    if row.field in _OF_LINES:
        agg: dict[str, Any] = {"agg": "sum", "of": "amount"} if row.field == TOGETHER else {"agg": "count"}
        return {"lines": agg | ({"where": where} if where is not None else {}) | {"op": row.op, "v": value}}
    return {"f": row.field, "op": row.op, "v": value}


def _row(node: Any, decimals: int, line: bool) -> Row:
    if isinstance(node, Mapping) and set(node) == {"f", "op", "v"}:
        about = found(str(node["f"]), line=line)
        if about and node["op"] in offered(about) and _shown(about, node):
            return Row(about.name, node["op"], _texts(about, node, decimals))
    return Row(kept=node)


def _shown(about: Field, node: Node) -> bool:
    """Whether a row can show the value, and would read the same back."""
    kind: type[Any] = {"int": int, "bool": bool}.get(about.type, str)
    value = node["v"]
    many = node["op"] in _LISTED or node["op"] == "between"
    if many != isinstance(value, list):
        return False
    given = value if many else [value]
    if not given or not all(_right(about, kind, one) for one in given):
        return False
    return node["op"] != "between" or (len(given) == 2 and given[0] <= given[1])


def _right(about: Field, kind: type[Any], value: Any) -> bool:
    """Whether one value is of the field's type and can be typed."""
    if type(value) is not kind:
        return False
    if isinstance(value, str):
        return bool(value) and value == value.strip()
    if about.unit == "date":
        return _is_day(value)
    return isinstance(value, int) and 0 <= value <= (_DAY - 1 if about.unit == "clock" else _MOST)


def _is_day(value: int) -> bool:
    try:
        return bool(dt.date(value // 10_000, value // 100 % 100, value % 100))
    except (ValueError, OverflowError):
        return False


def _texts(about: Field, node: Node, decimals: int) -> tuple[str, ...]:
    value = node["v"]
    return tuple(_text(about, one, decimals) for one in (value if isinstance(value, list) else [value]))


def _text(about: Field, value: Any, decimals: int) -> str:
    if about.unit == "date":
        return f"{value // 10_000:04}-{value // 100 % 100:02}-{value % 100:02}"
    if about.unit == "clock":
        return f"{value // 60:02}:{value % 60:02}"
    places = decimals if about.unit == "money" else _DECIMALS.get(about.unit, 0)
    return plain_number(value, places) if type(value) is int else joined([str(value)])


def plain_number(value: int, decimals: int) -> str:
    """A number for a field of a form: without the zeros behind its point, unless it is money."""
    text = format_minor(value, decimals)
    return text if decimals <= 2 or "." not in text else text.rstrip("0").rstrip(".")


def number(text: str, decimals: int) -> int:
    """A number as people write it, in units of so many decimals. Raises Misread `required` or `number`."""
    if not text.strip():
        raise Misread("required")
    try:
        value = Decimal(text.translate(_SPACES).replace(",", "."))
        scaled = value.scaleb(decimals) if value.is_finite() and abs(value.adjusted()) < 20 else Decimal("NaN")
    except InvalidOperation:
        raise Misread("number") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or not 0 <= scaled <= _MOST:
        raise Misread("number")
    return int(scaled)


def _value(about: Field, row: Row, decimals: int) -> Any:
    given = list(_split(about, row))
    if not given:
        raise Misread("choose_value" if about.source else "required")
    read = [_one(about, text, decimals) for text in given]
    if row.op == "between":
        if len(read) != 2:
            raise Misread("two_values")
        if read[0] > read[1]:
            raise Misread("order")
        return read
    if row.op in _LISTED:
        return read
    if len(read) > 1:
        raise Misread("one_value")
    return read[0]


def _split(about: Field, row: Row) -> Iterable[str]:
    """The values one by one; texts may be several in one field, with commas between."""
    for text in row.values:
        parts = parted(text) if about.type in ("str", "set") or (row.op in _LISTED and not about.unit) else [text]
        yield from (part.strip() for part in parts if part.strip())


def _one(about: Field, text: str, decimals: int) -> Any:
    if about.type in ("str", "set"):
        return text
    if about.type == "bool":
        return text == "yes"
    if about.unit == "clock":
        given = _CLOCK.fullmatch(text)
        if given is None:
            raise Misread("clock")
        return int(given[1]) * 60 + int(given[2])
    if about.unit == "date":
        try:
            return int(dt.date.fromisoformat(text).strftime("%Y%m%d"))
        except ValueError:
            raise Misread("day") from None
    return number(text, decimals if about.unit == "money" else _DECIMALS.get(about.unit, 0))


def typed(text: str, decimals: int, name: str, *, least: int, most: int = _MOST) -> int:
    """The number in a field of that name, of at least so much. Raises Misread with `<name>:<code>`."""
    try:
        value = number(text, decimals)
    except Misread as wrong:
        raise Misread(f"{name}:{wrong}") from None
    if not least <= value <= most:
        raise Misread(f"{name}:number")
    return value
