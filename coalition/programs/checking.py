"""Whether policies are sound, field by field: what the schema would refuse, in words that a form can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from coalition.kernel.errors import FieldError, Invalid

PROGRAM_KINDS = ("own", "coalition", "co_brand")
KINDS = ("bonus", "miles", "tier", "cashback", "emoney")
EXPIRIES = ("never", "days", "month_end", "year_end", "inactivity")
ATTRIBUTIONS = ("fefo", "fifo", "pro_rata")
PROOF_POLICIES = ("none", "spend")
RETURN_POLICIES = ("only_pending", "within_balance", "arrears")
_UNITS_MAX = 10**15
_DAYS_MAX, _MONTHS_MAX = 36_500, 120
_SHORTEST_MONTH = 28

Check = Callable[[Any], bool]


def _among(*values: str) -> Check:
    return lambda value: value in values


def _between(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 200


_PROGRAM: Mapping[str, Check] = {
    "name": _text,
    "kind": _among(*PROGRAM_KINDS),
    "proof_policy": _among(*PROOF_POLICIES),
    "accept_late_days": _or_none(_between(0, _DAYS_MAX)),
    "return_policy": _among(*RETURN_POLICIES),
    "restore_grace_days": _between(0, 3_660),
    "adjustment_limit": _between(0, _UNITS_MAX),
    "confirm_from_minor": _between(0, _UNITS_MAX),
    "family_max": _between(1, 100),
}
_CURRENCY: Mapping[str, Check] = {
    "name_en": _text,
    "name_ru": _text,
    "decimals": _between(0, 4),
    "face_minor": lambda value: 0 < value < 10**6,
    "attribution": _among(*ATTRIBUTIONS),
    "kind": _among(*KINDS),
    "spendable": lambda value: isinstance(value, bool),
    "transferable": lambda value: isinstance(value, bool),
    "expiry": _among(*EXPIRIES),
    "expiry_n": _or_none(_between(1, _DAYS_MAX)),
    "activation_days": _between(0, 366),
    "activation_event": _or_none(_text),
    "debt_floor": _between(0, _UNITS_MAX),
    "spend_min": _between(0, _UNITS_MAX),
    "spend_step": _between(1, _UNITS_MAX),
    "spend_share_bp": _between(0, 10_000),
    "spend_day_max": _or_none(_between(0, _UNITS_MAX)),
    "spend_group_bp": lambda value: (
        isinstance(value, Mapping)
        and all(_text(group) and _between(0, 10_000)(share) for group, share in value.items())
    ),
}


def check_program(changes: Mapping[str, Any]) -> None:
    """Raise Invalid `policy_unsound` with every wrong field of a program; TypeError for a field that is no policy."""
    _refuse(list(_wrong(_PROGRAM, changes)))


def check_currency(values: Mapping[str, Any]) -> None:
    """Raise Invalid `policy_unsound` with every wrong field of a whole currency; TypeError for an unknown one."""
    wrong = list(_wrong(_CURRENCY, values))
    if not wrong:
        wrong = list(_torn(values))
    _refuse(wrong)


def check_expiry(expiry: str | None, term: int | None) -> None:
    """Raise Invalid `policy_unsound` unless the term fits the policy of a promo account; inactivity is none."""
    if expiry is not None and expiry not in EXPIRIES[:-1]:
        _refuse([FieldError("/expiry", "invalid", "This is no expiry policy of a promo account.")])
    _refuse(list(_term(expiry or "never", term)))


def _wrong(checks: Mapping[str, Check], values: Mapping[str, Any]) -> Iterator[FieldError]:
    if unknown := values.keys() - checks.keys():
        raise TypeError(f"no policies: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        if not checks[name](value):
            yield FieldError(f"/{name}", "invalid", "The value has the wrong type, form or range.")


def _torn(values: Mapping[str, Any]) -> Iterator[FieldError]:
    """Policies that do not fit each other."""
    if values["kind"] == "tier" and values["spendable"]:
        yield FieldError("/spendable", "invalid", "Tier points cannot be spent.")
    most = values["spend_day_max"]
    if most and most < _least(values["spend_min"], values["spend_step"]):
        yield FieldError("/spend_day_max", "invalid", "Less than the fewest points that can be spent; 0 forbids it.")
    expiry, term = values["expiry"], values["expiry_n"]
    unfit = list(_term(expiry, term))
    yield from unfit
    if not unfit and term is not None and values["activation_days"] >= _shortest_days(expiry, term):
        yield FieldError("/activation_days", "invalid", "Points would end before they can be used.")


def _least(least: int, step: int) -> int:
    """The fewest points that can be spent at once: a multiple of the step, the minimum or more."""
    return max(1, -(-least // step)) * step


def _term(expiry: str, term: int | None) -> Iterator[FieldError]:
    if (expiry == "never") != (term is None):
        yield FieldError("/expiry_n", "required" if term is None else "invalid", "The term does not fit the policy.")
    elif term is not None and term > (_DAYS_MAX if expiry == "days" else _MONTHS_MAX):
        yield FieldError("/expiry_n", "invalid", f"At most {_MONTHS_MAX} months or {_DAYS_MAX} days.")


def _shortest_days(expiry: str, term: int) -> int:
    return term if expiry == "days" else term * _SHORTEST_MONTH


def _refuse(wrong: list[FieldError]) -> None:
    if wrong:
        raise Invalid("policy_unsound", "The policies are not sound.", wrong)
