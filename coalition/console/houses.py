"""Whose people a page of administrators is about: the installation's staff, or a partner's.

A partner's are named by `?partner=` and its program; a member is nobody's colleague and is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from coalition import partners, programs
from coalition.access import Person
from coalition.console.frame import chosen_program, first_program
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import use_zone


@dataclass(frozen=True, slots=True)
class House:
    """Who lets people in. `ref` is as `access` knows it; a partner has a program, a code and a name.

    `usual` are the roles that an invitation proposes.
    """

    ref: str
    program_id: int | None = None
    program: str | None = None
    code: str | None = None
    name: str = ""
    usual: tuple[str, ...] = ()


def chosen_house() -> House:
    """The house that the address or the form names, else the staff's. NotFound for an unknown partner or program."""
    code = request.args.get("partner") or request.form.get("partner") or ""
    return _of_partner(partners.by_code(chosen_program().id, code)) if code else staff()


def house_of(person: Person) -> House:
    """The house of a person. NotFound for a member."""
    kind, _, number = person.owner_ref.partition(":")
    if kind == "partner":
        return _of_partner(partners.get(int(number)))
    if kind != "staff":
        raise NotFound()
    return staff()


def staff() -> House:
    """The staff's house. Its pages speak in the zone of the first program, if there is one."""
    try:
        use_zone(first_program().zone)
    except NotFound:
        use_zone("UTC")
    return House("staff")


def _of_partner(partner: partners.Partner) -> House:
    program = programs.get(partner.program_id)
    use_zone(program.zone)
    usual = ("supplier",) if partner.kind == "supplier" else ("partner_admin",)
    return House(f"partner:{partner.id}", program.id, program.code, partner.code, partner.name, usual)
