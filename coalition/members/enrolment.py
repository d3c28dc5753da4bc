"""Enrolment: a partner brings a member into the program, once per its own external id."""

from __future__ import annotations

from dataclasses import dataclass, field

from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict
from coalition.members.hashing import region
from coalition.members.identifiers import insert
from coalition.members.normalising import check, refuse_bank_cards
from coalition.members.people import Consent, Member, Profile, get
from coalition.members.presenting import Key, link


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A request to enrol. `request_hash` tells the same request from another one with the same external id."""

    external_id: str
    request_hash: bytes
    profile: Profile = field(default_factory=Profile)
    identifiers: tuple[Key, ...] = ()
    consents: tuple[Consent, ...] = ()


def enrol(program_id: int, partner_id: int, enrolment: Enrolment) -> tuple[Member, bool]:
    """A new member of the program, or the one that this very request made before (True: replayed).

    The external id becomes an identifier of the kind `external`, known to this partner alone. Raises Invalid for an
    impossible identifier or a bank card's number in a name; Conflict `external_id_conflict` or `identifier_in_use`.
    """
    for at, (kind, value) in enumerate(enrolment.identifiers):
        check(kind, value, f"/identifiers/{at}", region(program_id, kind))
    row = fetch_one(
        "INSERT INTO member (program_id, enrolled_by, external_id, request_hash, locale)"
        " VALUES (:program, :partner, :external_id, :hash, :locale) ON CONFLICT DO NOTHING RETURNING id",
        {
            "program": program_id,
            "partner": partner_id,
            "external_id": enrolment.external_id,
            "hash": enrolment.request_hash,
            "locale": enrolment.profile.locale,
        },
    )
    if row is None:
        return _first(program_id, partner_id, enrolment), True
    told = enrolment.profile
    refuse_bank_cards(profile__first_name=told.first_name, profile__last_name=told.last_name)
    _store(program_id, partner_id, row.id, enrolment)
    audit.record("member.enrol", f"member:{row.id}", partner_id=partner_id, external_id=enrolment.external_id)
    outbox.publish("member.enrolled", {"member_id": row.id, "partner_id": partner_id}, key=f"member:{row.id}")
    return get(program_id, row.id), False


def _store(program_id: int, partner_id: int, member_id: int, enrolment: Enrolment) -> None:
    profile = enrolment.profile
    execute(
        "INSERT INTO profile (member_id, first_name, last_name, email, phone, birth_date)"
        " VALUES (:member, :first_name, :last_name, :email, :phone, :birth_date)",
        {
            "member": member_id,
            "first_name": profile.first_name,
            "last_name": profile.last_name,
            "email": profile.email,
            "phone": profile.phone,
            "birth_date": profile.birth_date,
        },
    )
    link(partner_id, [member_id])
    insert(program_id, partner_id, member_id, list(enrolment.identifiers), pointer="/identifiers")
    insert(program_id, partner_id, member_id, [("external", enrolment.external_id)], pointer="/external_id")
    for consent in enrolment.consents:
        execute(
            "INSERT INTO consent (member_id, purpose, granted_at, text_version)"
            " VALUES (:member, :purpose, :granted_at, :text_version) ON CONFLICT DO NOTHING",
            {
                "member": member_id,
                "purpose": consent.purpose,
                "granted_at": consent.granted_at,
                "text_version": consent.text_version,
            },
        )


def _first(program_id: int, partner_id: int, enrolment: Enrolment) -> Member:
    row = fetch_one(
        "SELECT id, request_hash FROM member WHERE enrolled_by = :partner AND external_id = :external_id",
        {"partner": partner_id, "external_id": enrolment.external_id},
    )
    if row is None or bytes(row.request_hash) != enrolment.request_hash:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return get(program_id, row.id)
