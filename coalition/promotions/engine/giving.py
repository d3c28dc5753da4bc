"""Reading effects strictly: what they give, by which calculation, to which lines, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.promotions.engine.periods import PERIODS
from coalition.promotions.engine.scanning import Scanner
from coalition.promotions.engine.terms import DISCOUNT, MONEY, Effect

KINDS = MONEY | {
    "discount", "points.redeem_rule", "coupon.issue", "progress.add", "badge.grant", "crown.add", "status.set",
    "tier.change", "draw.enter", "chance", "gift", "price.override", "delivery.free", "message.send", "webhook.call",
    "receipt.text", "segment.add", "segment.remove", "attribute.set", "attribute.inc", "task.create", "fraud.flag",
}  # fmt: skip
CALCS: Mapping[str, tuple[str, ...]] = {
    "fixed": (),
    "percent": ("bp",),
    "per_amount": ("points", "each"),
    "per_qty": ("points", "each_m"),
    "table": ("rows",),
    "multiply": ("x_bp",),
    "fixed_price": ("price",),
    "cheapest_free": ("every",),
    "bundle": ("items", "price"),
}
ROUNDINGS = ("floor", "half_up", "ceil")
SCOPES = ("effect", "line")
STEPS = ("event", "qty", "amount", "points", "distinct_days")
FOLLOWS = {"progress.add": "on_complete", "chance": "on_win"}
_ALONE = frozenset({DISCOUNT, *FOLLOWS})
_NAMED = {"progress.add": "achievement", "draw.enter": "draw"}


def effect(scan: Scanner, given: Any, pointer: str, index: int, *, inside: bool = False) -> Effect:
    """The effect in `given`; `inside`: it follows from another one."""
    given = scan.object(given, pointer)
    kind = str(given.get("kind"))
    if kind not in KINDS or (inside and kind in _ALONE):
        scan.wrong(
            f"{pointer}/kind", "unknown_effect", f"One of {', '.join(sorted(KINDS - (_ALONE if inside else set())))}."
        )
    calc = _calc(scan, given.get("calc"), f"{pointer}/calc", kind, inside) if kind in MONEY | {DISCOUNT} else None
    if kind in MONEY and not isinstance(given.get("currency"), str):
        scan.wrong(f"{pointer}/currency", "required", "Which currency is credited?")
    rounding = scan.object(given.get("rounding"), f"{pointer}/rounding")
    mode = "half_up" if kind == DISCOUNT else "floor"
    by_line = scan.one_of(rounding, "scope", SCOPES, f"{pointer}/rounding", "effect") == "line"
    _played(scan, given, pointer, kind)
    return Effect(
        index=index,
        kind=kind,
        where=scan.filter(given.get("where"), f"{pointer}/where"),
        calc=calc,
        mode=scan.one_of(rounding, "mode", ROUNDINGS, f"{pointer}/rounding", mode),
        by_line=by_line and not (calc is not None and kind == DISCOUNT and calc["type"] == "fixed"),
        base=given.get("role") == "base",
        raw=given,
        follows=_follows(scan, given, pointer, index, FOLLOWS.get(kind)),
    )


def _follows(scan: Scanner, given: Mapping[str, Any], pointer: str, index: int, name: str | None) -> tuple[Effect, ...]:
    """What is given once something is complete or won; one credit at most, because awards are told by their effect."""
    if name is None:
        return ()
    several = enumerate(scan.listed(given, name, pointer))
    found = [effect(scan, one, f"{pointer}/{name}/{at}", index, inside=True) for at, one in several]
    if sum(one.kind in MONEY for one in found) > 1:
        scan.wrong(f"{pointer}/{name}", "invalid", "At most one credit can follow from an effect.")
    return tuple(found)


def _played(scan: Scanner, given: Mapping[str, Any], pointer: str, kind: str) -> None:
    """What the engine itself reads of an effect that is neither money nor points, and of how long points live."""
    scan.numbers(given, pointer, qty=1, target=0, tickets=0, each=1, win_ppm=0, activate_days=0, expire_days=0)
    for name in ("activate_at", "expire_at"):
        scan.instant(given, name, pointer)
    if kind in _NAMED and not isinstance(given.get(_NAMED[kind]), str):
        scan.wrong(f"{pointer}/{_NAMED[kind]}", "required", "A name.")
    if kind == "progress.add" and given.get("by") is not None:
        scan.one_of(given["by"], "type", STEPS, f"{pointer}/by", None)
    if kind == "progress.add" and given.get("period") is not None:
        scan.one_of(given, "period", PERIODS, pointer, None)


def _calc(scan: Scanner, given: Any, pointer: str, effect_kind: str, inside: bool) -> Mapping[str, Any]:
    kind = str(given.get("type")) if isinstance(given, Mapping) else ""
    if kind not in CALCS or (inside and kind != "fixed"):
        scan.wrong(pointer, "unknown_calc", f"A type of {', '.join(['fixed'] if inside else CALCS)}.")
        return {"type": "fixed", "points": 0}
    for name in CALCS[kind]:
        if name in ("rows", "items"):
            if not scan.listed(given, name, pointer):
                scan.wrong(f"{pointer}/{name}", "required", "At least one.")
        else:
            scan.number(given, name, pointer, None, least=0 if name in ("bp", "points", "price", "x_bp") else 1)
    scan.numbers(given, pointer, points=0, minor=0, amount=0, max_times=0, cap=0, bp=0)
    for at, row in enumerate(scan.listed(given, "rows", pointer) if kind == "table" else ()):
        scan.number(row, "from", f"{pointer}/rows/{at}", None)
        scan.number(
            row, "points" if isinstance(row, Mapping) and "points" in row else "bp", f"{pointer}/rows/{at}", None
        )
    for at, item in enumerate(scan.listed(given, "items", pointer) if kind == "bundle" else ()):
        scan.number(item, "qty", f"{pointer}/items/{at}", 1, least=1)
        scan.filter(scan.object(item, f"{pointer}/items/{at}").get("where"), f"{pointer}/items/{at}/where")
    return given  # type: ignore[no-any-return]
