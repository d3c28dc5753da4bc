"""Members: enrolment, identifiers known only by their keyed hash, profiles, consents, and who sees whom."""

from coalition.members.amending import amend
from coalition.members.blocking import block, move, replace
from coalition.members.enrolment import Enrolment, enrol
from coalition.members.identifiers import Identifier, add, identifiers
from coalition.members.laws import laws
from coalition.members.normalising import KINDS
from coalition.members.people import Consent, Member, Profile, Sight, consents, get, profile, seen_by, visible_to
from coalition.members.presenting import Recognised, identify, recognise
from coalition.members.proving import Proof, prove, use_proof

__all__ = [
    "KINDS",
    "Consent",
    "Enrolment",
    "Identifier",
    "Member",
    "Profile",
    "Proof",
    "Recognised",
    "Sight",
    "add",
    "amend",
    "block",
    "consents",
    "enrol",
    "get",
    "identifiers",
    "identify",
    "laws",
    "move",
    "profile",
    "prove",
    "recognise",
    "replace",
    "seen_by",
    "use_proof",
    "visible_to",
]
