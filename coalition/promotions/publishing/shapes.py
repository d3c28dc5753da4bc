"""The shape of what a document says beside its conditions: effects, audience, names, tests. Pure.

The engine's reader knows what it calculates by; what it only hands on, or looks up while a purchase is being recorded,
is asked for here, so that no published promotion can stop a receipt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from coalition.kernel.errors import FieldError
from coalition.promotions.engine.facts import instant
from coalition.promotions.engine.periods import PERIODS

STEPS = ("event", "qty", "amount", "points", "distinct_days")
TESTS_MOST = 50
REDEEM_RULE, MESSAGE = "points.redeem_rule", "message.send"
CHANNELS = ("email", "sms", "push", "messenger")  # by which members can be told
MILLION = 1_000_000
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
Ask = tuple[Callable[[Any], bool], str]


def _whole(least: int = 0, most: int = 10**15) -> Ask:
    return lambda value: type(value) is int and least <= value <= most, f"A whole number from {least} to {most}."


def _one_of(*known: str) -> Ask:
    return lambda value: value in known, f"One of {', '.join(known)}."


def _instant(value: Any) -> bool:
    try:
        return bool(instant(value))
    except (TypeError, ValueError):
        return False


TEXT: Ask = (lambda value: isinstance(value, str) and 1 <= len(value) <= 200, "A text of 1 to 200 characters.")
WORDS: Ask = (lambda value: isinstance(value, str) and len(value) <= 2_000, "A text of at most 2,000 characters.")
FLAG: Ask = (lambda value: isinstance(value, bool), "true or false.")
AN_OBJECT: Ask = (lambda value: isinstance(value, dict), "An object.")
AN_INSTANT: Ask = (_instant, "An instant, like 2026-11-20T00:00:00Z.")
# By kind of effect: what it cannot do without.
NEEDED: Mapping[str, Mapping[str, Ask]] = {
    "coupon.issue": {"template": TEXT},
    "progress.add": {"achievement": TEXT},
    "badge.grant": {"badge": TEXT},
    "crown.add": {},
    "status.set": {"status": TEXT},
    "tier.change": {"tier": TEXT},
    "draw.enter": {"draw": TEXT},
    "chance": {"win_ppm": _whole(0, MILLION)},
    "price.override": {"sku": TEXT, "price": _whole()},
    "gift": {"sku": TEXT},
    "points.redeem_rule": {},
    "message.send": {"template": TEXT},
    "webhook.call": {"endpoint": TEXT},
    "receipt.text": {},
    "segment.add": {"segment": TEXT},
    "segment.remove": {"segment": TEXT},
    "attribute.set": {"attribute": TEXT},
    "attribute.inc": {"attribute": TEXT},
    "task.create": {},
    "fraud.flag": {},
}
# What any effect may say, and what it then has to be.
ALLOWED: Mapping[str, Ask] = {
    "qty": _whole(1, 1_000),
    "target": _whole(1),
    "repeat": FLAG,
    "period": _one_of(*PERIODS),
    "revocable": FLAG,
    "days": _whole(1, 3_660),
    "each": _whole(1),
    "tickets": _whole(1, MILLION),
    "account": TEXT,
    "activate_days": _whole(0, 366),
    "activate_at": AN_INSTANT,
    "expire_days": _whole(1, 36_500),
    "expire_at": AN_INSTANT,
    "expire_align": _one_of("month", "year"),
    "qualifying": FLAG,
    "base": _one_of("current", "initial"),
    "by": AN_OBJECT,
    "rounding": AN_OBJECT,
    "min": _whole(),
    "step": _whole(1),
    "share_bp": _whole(0, 10_000),
}
OF_A_DOCUMENT: Mapping[str, Ask] = {
    "coupon": TEXT,
    "group": TEXT,
    "campaign": TEXT,
    "exclusive": FLAG,
    "late": _one_of("accept", "skip"),
    "notes": WORDS,
    "audience": AN_OBJECT,
}
OF_A_MESSAGE: Mapping[str, Ask] = {"campaign": TEXT, "state": TEXT, "within_days": _whole(1, 3_660)}
# The numbers of calculations, wherever they stand.
NUMBERS = (
    "points", "minor", "amount", "bp", "each", "each_m", "x_bp", "price", "every", "max_times", "cap", "from", "qty",
)  # fmt: skip
_NAMES = ("en", "ru")


def shape_problems(document: Mapping[str, Any]) -> Iterator[FieldError]:
    """Everything about a document's shape that would trouble whoever evaluates it."""
    yield from _asked(document, OF_A_DOCUMENT, "")
    name = document.get("name")
    if name is not None and not (isinstance(name, dict) and all(TEXT[0](name.get(one)) for one in _NAMES)):
        yield FieldError("/name", "required", "What members read, in English and in Russian.")
    audience = document.get("audience")
    message = audience.get("communication") if isinstance(audience, dict) else None
    if message is not None:
        yield from message_problems(message, "/audience/communication")
    for pointer, rule in rules_of(document):
        if not isinstance(rule, dict) or not isinstance(rule.get("effects") or [], list):
            yield FieldError(pointer, "not_an_object", "A rule has a list of effects.")
    effects = list(effects_of(document))
    if not effects:
        yield FieldError("/effects", "required", "A promotion that gives nothing is none.")
    for pointer, effect in effects:
        yield from _effect(effect, pointer)
    yield from _tests(document)


def message_problems(message: Any, pointer: str) -> Iterator[FieldError]:
    """What is wrong with the message that has to be read: whose campaign, in which state, how many days ago."""
    if not isinstance(message, dict) or not TEXT[0](message.get("campaign")):
        yield FieldError(pointer, "required", "The campaign whose message it is.")
    else:
        yield from _asked(
            {name: "" if value is None else value for name, value in message.items()}, OF_A_MESSAGE, pointer
        )


def rules_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The document itself and each of its rules, with its pointer."""
    rules = document.get("rules")
    yield "", document
    for at, one in enumerate(rules if isinstance(rules, list) else ()):
        yield f"/rules/{at}", one


def effects_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every effect of a document with its pointer."""
    for pointer, rule in rules_of(document):
        effects = rule.get("effects") if isinstance(rule, dict) else None
        for at, effect in enumerate(effects if isinstance(effects, list) else []):
            yield f"{pointer}/effects/{at}", effect


def _effect(effect: Any, pointer: str) -> Iterator[FieldError]:
    if not isinstance(effect, dict):
        yield FieldError(pointer, "not_an_object", "An effect is an object.")
        return
    kind = effect.get("kind")
    if not isinstance(kind, str):
        yield FieldError(f"{pointer}/kind", "required", "What it gives.")
    for name, (fits, told) in NEEDED.get(str(kind), {}).items():
        if not fits(effect.get(name)):
            yield FieldError(f"{pointer}/{name}", "required", told)
    yield from _asked(effect, ALLOWED, pointer)
    if kind == MESSAGE:
        yield from _delivery(effect, pointer)
    if kind == REDEEM_RULE and not any(effect.get(name) is not None for name in ("min", "step", "share_bp")):
        yield FieldError(f"{pointer}/share_bp", "required", "A part of the receipt, a least or a step (`min`, `step`).")
    by = effect.get("by")
    if kind == "progress.add" and by and (not isinstance(by, dict) or by.get("type") not in STEPS):
        yield FieldError(f"{pointer}/by/type", "invalid", f"One of {', '.join(STEPS)}.")
    for name in ("on_complete", "on_win"):
        inner = effect.get(name)
        for at, one in enumerate(inner if isinstance(inner, list) else [] if inner is None else [inner]):
            yield from _effect(one, f"{pointer}/{name}/{at}")
    yield from _parts(effect.get("calc"), f"{pointer}/calc")


def _delivery(effect: Mapping[str, Any], pointer: str) -> Iterator[FieldError]:
    """By which channels a message goes, the first that reaches the member, and between which times it waits."""
    channels, quiet = effect.get("channels"), effect.get("quiet_hours")
    if channels is not None:
        known = isinstance(channels, list) and channels and all(one in CHANNELS for one in channels)
        if not known or len({*channels}) < len(channels):
            yield FieldError(f"{pointer}/channels", "invalid", f"A list of {', '.join(CHANNELS)}, each at most once.")
    if quiet is not None:
        times = [quiet.get(name) for name in ("from", "to")] if isinstance(quiet, dict) and len(quiet) == 2 else []
        if not times or not all(isinstance(one, str) and _TIME.fullmatch(one) for one in times) or times[0] == times[1]:
            told = 'Two times of the day, like {"from": "22:00", "to": "08:00"}.'
            yield FieldError(f"{pointer}/quiet_hours", "invalid", told)


def _parts(calc: Any, pointer: str) -> Iterator[FieldError]:
    """The numbers of a calculation, the rows of a table and the parts of a bundle."""
    if not isinstance(calc, dict):
        return
    yield from _numbers(calc, pointer)
    for kind, name, needed in (("table", "rows", "from"), ("bundle", "items", "qty")):
        if calc.get("type") != kind:
            continue
        listed = calc.get(name)
        if not isinstance(listed, list) or not listed:
            yield FieldError(f"{pointer}/{name}", "required", "A list that is not empty.")
            continue
        for at, one in enumerate(listed):
            if not isinstance(one, dict) or needed not in one:
                yield FieldError(f"{pointer}/{name}/{at}", "invalid", f"An object with `{needed}`.")
            else:
                yield from _numbers(one, f"{pointer}/{name}/{at}")


def _numbers(given: Mapping[str, Any], pointer: str) -> Iterator[FieldError]:
    fits, told = _whole()
    for name in NUMBERS:
        if name in given and not fits(given[name]):
            yield FieldError(f"{pointer}/{name}", "invalid", told)


def _tests(document: Mapping[str, Any]) -> Iterator[FieldError]:
    tests = document.get("tests")
    if tests is None:
        return
    if not isinstance(tests, list) or len(tests) > TESTS_MOST:
        yield FieldError("/tests", "invalid", f"A list of at most {TESTS_MOST} tests.")
        return
    for at, one in enumerate(tests):
        good = isinstance(one, dict) and isinstance(one.get("event"), dict) and isinstance(one.get("effects"), list)
        if not good or not all(isinstance(effect, dict) for effect in one["effects"]):
            yield FieldError(f"/tests/{at}", "invalid", "An `event`, and the `effects` that it is to have.")


def _asked(given: Mapping[str, Any], asks: Mapping[str, Ask], pointer: str) -> Iterator[FieldError]:
    for name, (fits, told) in asks.items():
        if given.get(name) is not None and not fits(given[name]):
            yield FieldError(f"{pointer}/{name}", "invalid", told)
