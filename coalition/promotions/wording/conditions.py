"""A condition in words: what a marketer has asked, read back to her.

Times, places and channels that a promotion asks at its top level stand right behind the event ("on Saturdays, at
FreshMart"); everything else follows an "if". It has words for every condition that the engine accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coalition.promotions.wording.calendar import ON_WEEKDAYS
from coalition.promotions.wording.fields import Field, found
from coalition.promotions.wording.voice import Piece, Pieces, Voice, strong, text

Node = Mapping[str, Any]
_ONE_OF = ("eq", "in", "has", "has_any")
# Where and when: words that need no "if".
_PLACES: Mapping[str, tuple[str, str]] = {
    "event.weekday": ("on ", "по "),
    "partner.id": ("at ", "у партнёра "),
    "store.id": ("in ", "в точке "),
    "store.city": ("in ", "в городе "),
    "event.channel": ("", ""),
}
_SPECIAL: Mapping[tuple[str, bool], tuple[str, str]] = {
    ("member.segments", True): ("the member is in ", "участник в сегменте "),
    ("member.segments", False): ("the member is not in ", "участник не в сегменте "),
    ("member.tier", True): ("the member’s tier is ", "уровень участника — "),
    ("member.tier", False): ("the member’s tier is not ", "уровень участника — не "),
}
# What stands between a label and the values, and what belongs to the values.
_RELATIONS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "eq": ((" is ", ""), (" — ", "")),
    "ne": ((" is ", "not "), (" — ", "не ")),
    "in": ((" is ", ""), (" — ", "")),
    "nin": ((" is ", "not "), (" — ", "не ")),
    "gte": ((" is ", "at least "), (" ", "не меньше ")),
    "gt": ((" is ", "more than "), (" ", "больше ")),
    "lte": ((" is ", "at most "), (" ", "не больше ")),
    "lt": ((" is ", "less than "), (" ", "меньше ")),
    "between": ((" is ", ""), (" — ", "")),
    "starts": ((" begins with ", ""), (" начинается с ", "")),
    "has": ((" include ", ""), (": среди них ", "")),
    "has_any": ((" include ", ""), (": среди них ", "")),
    "has_all": ((" include ", "all of "), (": среди них ", "все из ")),
    "has_none": ((" include ", "none of "), (": среди них нет ", "ни одного из ")),
}
_SUMS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("count", ""): ("the number of lines", "число строк"),
    ("sum", "amount"): ("the total of lines", "сумма строк"),
    ("sum", "qty_m"): ("the quantity in lines", "количество в строках"),
}
_AGGREGATES: Mapping[str, tuple[str, str]] = {
    "sum": ("the sum of “{of}” over lines", "сумма поля «{of}» по строкам"),
    "distinct": ("the number of different “{of}” in lines", "число разных значений поля «{of}» в строках"),
    "max": ("the greatest “{of}” of lines", "наибольшее значение поля «{of}» в строках"),
}
_STATS: Mapping[str, tuple[str, str, str]] = {
    "spend": ("the amount spent", "потраченная сумма", "money"),
    "purchases": ("the number of purchases", "число покупок", ""),
    "visits": ("the number of visits", "число визитов", ""),
    "points": ("the points earned", "начисленные баллы", ""),
}
_WINDOW = re.compile(r"P(\d{1,4})([DWMY])")
_SPANS = {"D": 1, "W": 7}


def in_words(node: Node, voice: Voice, *, line: bool = False) -> Pieces:
    """A checked condition as pieces of a sentence, without a full stop."""
    if "all" in node or "any" in node:
        return _several(node, voice, line)
    if "not" in node:
        return [Piece(voice.t("it is not so that ", "неверно, что ")), *_bracketed(node["not"], voice, line)]
    if "exists" in node:
        return [strong(_label(node["exists"], voice, line)), Piece(voice.t(" is known", " — известно"))]
    if "lines" in node:
        return of_lines(node["lines"], voice)
    if "stat" in node:
        return _stat(node, voice)
    return leaf(node, voice, line=line)


def places(node: Node | None, voice: Voice) -> tuple[list[Pieces], Node | None]:
    """When and where, as words behind the event, and the condition that is left."""
    if node is None:
        return [], None
    nodes = list(node["all"]) if "all" in node else [node]
    apart = [one for one in nodes if _is_place(one)]
    if not apart:
        return [], node
    left = [one for one in nodes if not _is_place(one)]
    rest = left[0] if len(left) == 1 else {"all": left} if left else None
    return [_place(one, voice) for one in apart], rest


def leaf(node: Node, voice: Voice, *, line: bool = False) -> Pieces:
    """One comparison in words."""
    name, op, value = node["f"], node["op"], node["v"]
    about = None if line else _SPECIAL.get((name, op in _ONE_OF))
    if about and (op in _ONE_OF or op in ("ne", "nin", "has_none")):
        return [Piece(voice.t(*about)), strong(_values(found(name, line=line), op, value, voice))]
    if not line and _is_place(node):
        return [Piece(voice.t("it is ", "это ")), *_place(node, voice)]
    known = found(name, line=line)
    article = "the " if known and voice.language != "ru" else ""
    return [Piece(article + _label(name, voice, line)), *_related(known, op, value, voice)]


def goods(node: Node | None, voice: Voice) -> Pieces:
    """The lines that an effect is for: "on coffee or tea"; nothing where it is for all of them."""
    if node is None or node == {"all": []}:
        return []
    named = _goods(node, voice)
    if named is not None:
        return [Piece(voice.t(" on ", " за товары: ")), strong(named)]
    return [Piece(voice.t(" on lines where ", " за строки, где ")), *in_words(node, voice, line=True)]


def _goods(node: Node, voice: Voice) -> str | None:
    """Lines that are told by what they are of: "coffee or tea"; None for other conditions."""
    one = node["all"][0] if "all" in node and len(node["all"]) == 1 else node
    if one.get("f") not in ("category", "groups", "brand", "sku") or one.get("op") not in _ONE_OF:
        return None
    return _values(found(one["f"], line=True), one["op"], one["v"], voice)


def _several(node: Node, voice: Voice, line: bool) -> Pieces:
    key = "all" if "all" in node else "any"
    nodes = node[key]
    if not nodes:
        return [Piece(voice.t("always", "всегда") if key == "all" else voice.t("never", "никогда"))]
    if len(nodes) == 1:
        return in_words(nodes[0], voice, line=line)
    pieces: Pieces = []
    for at, one in enumerate(nodes):
        if at:
            pieces.append(Piece(voice.t(" and ", " и ") if key == "all" else voice.t(" or ", " или ")))
        pieces += _bracketed(one, voice, line)
    return pieces


def _bracketed(node: Node, voice: Voice, line: bool) -> Pieces:
    inner = in_words(node, voice, line=line)
    several = any(len(node.get(key, ())) > 1 for key in ("all", "any"))
    return [Piece("("), *inner, Piece(")")] if several else inner


def of_lines(inner: Node, voice: Voice) -> Pieces:
    """What lines come to together, and how that compares."""
    agg = inner["agg"]
    of = "" if agg == "count" else inner["of"]
    about = found(of, line=True)
    named = None if inner.get("where") is None else _goods(inner["where"], voice)
    if agg == "count" and (inner["op"], inner["v"]) in (("gte", 1), ("gt", 0)):
        return _some_line(inner.get("where"), named, voice)
    if named is not None and (agg, of) == ("sum", "amount"):
        begins = [Piece(voice.t("the total of ", "сумма за товары ")), strong(named)]
        return [*begins, *_related(about, inner["op"], inner["v"], voice)]
    words = voice.t(*_SUMS.get((agg, of)) or _AGGREGATES[agg]).replace("{of}", _label(of, voice, line=True))
    pieces = [Piece(words)]
    if inner.get("where") is not None:
        pieces += [Piece(voice.t(" where ", ", где ")), *in_words(inner["where"], voice, line=True)]
        pieces += [Piece(",")] if voice.language == "ru" else []
    return [*pieces, *_related(about if agg in ("sum", "max") else None, inner["op"], inner["v"], voice)]


def _some_line(where: Any, named: str | None, voice: Voice) -> Pieces:
    """That there is a line at all of this kind."""
    begins = Piece(voice.t("the receipt has ", "в чеке есть "))
    if named is not None:
        return [begins, strong(named)]
    if where is None:
        return [begins, Piece(voice.t("a line", "строка"))]
    return [begins, Piece(voice.t("a line where ", "строка, где ")), *in_words(where, voice, line=True)]


def _stat(node: Node, voice: Voice) -> Pieces:
    known = _STATS.get(node["stat"])
    name = voice.t(known[0], known[1]) if known else text(node["stat"])
    about = Field("stat", "int", "", "", "", unit=known[2]) if known else None
    of = node.get("where") or {}
    pieces = [Piece(name), Piece(_window(node.get("window"), voice))]
    if of:
        pieces.append(Piece(" (" + ", ".join(f"{_label(key, voice, True)}: {text(of[key])}" for key in of) + ")"))
    return [*pieces, *_related(about, node["op"], node["v"], voice)]


def _related(about: Field | None, op: str, value: Any, voice: Voice) -> Pieces:
    """How something compares: " is " **at least 10.00**."""
    en, ru = _RELATIONS[op]
    between, mark = ru if voice.language == "ru" else en
    return [Piece(between), strong(mark + _values(about, op, value, voice))]


def _window(window: Any, voice: Voice) -> str:
    """Over which time a feature counts: P30D is thirty days."""
    if not window:
        return voice.t(" so far", " за всё время")
    given = _WINDOW.fullmatch(str(window))
    if not given:
        return voice.t(f" within {text(window)}", f" за {text(window)}")
    number, unit = int(given[1]), given[2]
    if unit in _SPANS:
        return voice.t(" in the last ", " за последние ") + voice.days(number * _SPANS[unit])
    words = {"M": (" months", " мес."), "Y": (" years", " г.")}[unit]
    return voice.t(" in the last ", " за последние ") + str(number) + voice.t(*words)


def _is_place(node: Node) -> bool:
    return node.get("f") in _PLACES and node.get("op") in ("eq", "in")


def _place(node: Node, voice: Voice) -> Pieces:
    name, op, value = node["f"], node["op"], node["v"]
    if name == "event.weekday":
        given = value if op == "in" else [value]
        words = [voice.t(*ON_WEEKDAYS.get(str(one), (text(one), text(one)))) for one in given]
        return [Piece(voice.t(*_PLACES[name])), strong(voice.either(words, ("and", "и")))]
    return [Piece(voice.t(*_PLACES[name])), strong(_values(found(name, line=False), op, value, voice))]


def _label(name: str, voice: Voice, line: bool) -> str:
    about = found(name, line=line)
    return about.label(voice.language) if about else text(name)


def _values(about: Field | None, op: str, value: Any, voice: Voice) -> str:
    if op == "between":
        low, high = (voice.value(about, one) for one in value)
        return voice.t(f"between {low} and {high}", f"от {low} до {high}")
    if isinstance(value, list):
        joint = ("and", "и") if op == "has_all" else ("or", "или")
        return voice.either([voice.value(about, one) for one in value], joint)
    return voice.value(about, value)
