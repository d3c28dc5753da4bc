"""With which HTTP status an error code comes, read once a process from where the program raises it.

A refusal is raised by its class with a literal code (`Conflict("sold_out", ...)`); the class says the status. Nothing
is kept beside the code that could disagree with it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

from coalition.kernel import errors
from coalition.kernel.config import ROOT
from coalition.kernel.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from coalition.kernel.web import problem

FLOORS = ("coalition", "catalog", "settlement", "integrations")
_KINDS = {kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
_RAISED = re.compile(rf"\b({'|'.join(_KINDS)})\(\s*\"([a-z0-9_]+)\"")
# What is raised by way of a function or a table of its own, so that no class stands beside the code.
_PASSED_ON: dict[type[Refusal], str] = {
    Conflict: "checklist_open dismissed fx_rate_missing hold_closed hold_exceeded hold_expired holds_open limit_day"
    " limit_group limit_min limit_share limit_step not_a_redeemer not_an_issuer not_in_pilot"
    " program_closed_to_earning program_ended program_halted program_not_open",
    Invalid: "code_required hold_elsewhere hold_of_another_member in_the_future line_without_quantity member_required"
    " more_than_total password_required same_currency same_member too_few_to_exchange too_late unknown_charity"
    " unknown_coupon unknown_hold unknown_line unknown_outlet unknown_program",
    NotFound: "not_found",
    Unavailable: "report_too_long",
}


def statuses(code: str) -> list[int]:
    """The statuses of a problem with this code, in order; none where only a field or a file has it."""
    framed = {status for status, known in problem.CODES.items() if known == code}
    failed = {500} if code in ("internal_error", "error") else set()
    return sorted({kind.status for kind in kinds(code)} | framed | failed)


def kinds(code: str) -> list[type[Refusal]]:
    """The refusals that are raised with this code, the most frequent first."""
    return [kind for kind, _ in _kinds()[code].most_common()] if code in _kinds() else []


def retryable(code: str) -> bool:
    """Whether a problem with this code says that the same request may succeed in a moment."""
    return any(kind.retryable for kind in kinds(code))


@cache
def _kinds() -> dict[str, Counter[type[Refusal]]]:
    counted: dict[str, Counter[type[Refusal]]] = defaultdict(Counter)
    for name, code in _raised():
        counted[code][_KINDS[name]] += 1
    for kind, codes in _PASSED_ON.items():
        for code in codes.split():
            counted[code][kind] += 1
    return dict(counted)


def _raised() -> Iterator[tuple[str, str]]:
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            yield from _RAISED.findall(path.read_text(encoding="utf-8"))
