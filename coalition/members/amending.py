"""Changing what is known of a member's person: the profile and the language we speak to it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import Forbidden
from coalition.members.normalising import refuse_bank_cards
from coalition.members.people import Member, get, profile
from coalition.members.telling import changed

_NAMES = ("first_name", "last_name")
_PROFILE = ("first_name", "last_name", "email", "phone", "birth_date")


def hold_still(member_id: int) -> None:
    """Let nobody else amend a member, or add to it, until this transaction ends. Locks the member."""
    execute("SELECT 1 FROM member WHERE id = :id FOR UPDATE", {"id": member_id})


def amend(program_id: int, partner_id: int, member_id: int, changes: Mapping[str, Any]) -> Member:
    """Change the named fields of a profile (and `locale`); what is not named stays.

    Of two who change one field the later wins; they wait for each other, so that nobody changes what another holds
    still. What is as it was is told to nobody. Only the partner that enrolled the member may. Locks the member, so that
    a till that sees it for the first time does not wait. Raises NotFound, Forbidden `not_your_member`, Invalid for the
    number of a bank card in a name.
    """
    member = get(program_id, member_id)
    if member.enrolled_by != partner_id:
        raise Forbidden("not_your_member", "Only who enrolled the member may change its profile.")
    execute("SELECT 1 FROM member WHERE id = :id FOR NO KEY UPDATE", {"id": member_id})
    before = profile(member_id)
    refuse_bank_cards(**{f"profile__{name}": changes[name] for name in _NAMES if name in changes})
    told = {name: changes[name] for name in _PROFILE if name in changes}
    if told:
        sets = ", ".join(f"{name} = :{name}" for name in told)
        execute(f"UPDATE profile SET {sets} WHERE member_id = :member", {**told, "member": member_id})
    if "locale" in changes:
        execute("UPDATE member SET locale = :locale WHERE id = :id", {"locale": changes["locale"], "id": member_id})
    if changes:
        audit.record("member.amend", f"member:{member_id}", partner_id=partner_id, fields=sorted(changes))
    if others := [name for name in changes if changes[name] != getattr(before, name)]:
        changed(member_id, *others)
    return get(program_id, member_id)
