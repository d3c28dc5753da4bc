"""Who may earn and who may redeem now: what the state of a program, and a halt, mean for a posting.

Asked of the policies that the process knows (at most a second old); only a pilot asks the database.
"""

from __future__ import annotations

from collections.abc import Collection

from coalition.kernel import clock
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.programs.living import is_over, pilots
from coalition.programs.registry import currency_by_id, get
from coalition.programs.types import Currency, Deed, Program

_SENTENCES = {
    "program_not_open": "The program has not begun yet.",
    "program_closed_to_earning": "The program is about to end: points can be spent, but not earned any more.",
    "program_ended": "The program has ended.",
    "program_halted": "Redemptions of this program are halted until its books have been checked; points are safe.",
    "not_in_pilot": "The program is a trial, and this member does not take part in it.",
}


def admit(program: Program, deed: Deed, member_ids: Collection[int]) -> dict[int, Refusal]:
    """The members that may not do this now, each with its Conflict; empty when all may. Locks nothing.

    `program_not_open`, `program_ended`, `not_in_pilot`; of earning also `program_closed_to_earning`, of redeeming
    `program_halted`. A halted program still earns.
    """
    code = _closed(program, deed)
    if code is not None:
        return {member_id: _refusal(code) for member_id in member_ids}
    if program.state != "pilot" or not member_ids:
        return {}
    outside = set(member_ids) - pilots(program.id, member_ids)
    return {member_id: _refusal("not_in_pilot") for member_id in outside}


def redemption_refused(currency: Currency, member_id: int | None, *, pointer: str = "/currency") -> Refusal | None:
    """Why a member's points of a currency cannot be held, spent or ordered with now; None if they can.

    `currency_not_spendable` (Invalid, at `pointer`), or what `admit` says of redeeming. `member_id` None asks only for
    what concerns everybody (a halt, an ended program).
    """
    if not currency.spendable:
        detail = "Points of this currency are counted, not spent."
        return Invalid("currency_not_spendable", detail, [FieldError(pointer, "currency_not_spendable", detail)])
    program = get(currency.program_id)
    if member_id is None:
        code = _closed(program, "redeem")
        return _refusal(code) if code else None
    return admit(program, "redeem", (member_id,)).get(member_id)


def let_redeem(currency_id: int, member_id: int | None, *, pointer: str = "/currency") -> None:
    """Raise what `redemption_refused` says."""
    refused = redemption_refused(currency_by_id(currency_id), member_id, pointer=pointer)
    if refused is not None:
        raise refused


def let_transfer(currency_id: int, member_id: int, *, pointer: str = "/currency") -> None:
    """Raise Invalid `currency_not_transferable`, or what refuses a redemption of these points in this program now."""
    currency = currency_by_id(currency_id)
    if not currency.transferable:
        detail = "Points of this currency stay with the member who earned them."
        raise Invalid("currency_not_transferable", detail, [FieldError(pointer, "currency_not_transferable", detail)])
    refused = admit(get(currency.program_id), "redeem", (member_id,)).get(member_id)
    if refused is not None:
        raise refused


def _closed(program: Program, deed: Deed) -> str | None:
    """What closes the program to everybody."""
    if program.state == "draft":
        return "program_not_open"
    if program.state == "ended" or _sunset_is_over(program):
        return "program_ended"
    if deed == "redeem":
        return "program_halted" if program.halted_at else None
    return "program_closed_to_earning" if program.state == "sunset" else None


def _sunset_is_over(program: Program) -> bool:
    """The last day of spending ends at midnight, not when the job comes by that ends the program."""
    return program.state == "sunset" and is_over(program, clock.local_date(clock.now(), program.zone))


def _refusal(code: str) -> Conflict:
    return Conflict(code, _SENTENCES[code])
