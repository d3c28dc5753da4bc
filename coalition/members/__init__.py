"""Members: enrolment, identifiers known only by their keyed hash, profiles, consents, and who sees whom."""

from coalition.members.enrolment import Enrolment, enrol
from coalition.members.identifiers import KINDS, Identifier, add, block, identifiers, identify
from coalition.members.laws import laws
from coalition.members.people import Consent, Member, Profile, Sight, consents, get, profile, seen_by, visible_to

__all__ = [
    "KINDS",
    "Consent",
    "Enrolment",
    "Identifier",
    "Member",
    "Profile",
    "Sight",
    "add",
    "block",
    "consents",
    "enrol",
    "get",
    "identifiers",
    "identify",
    "laws",
    "profile",
    "seen_by",
    "visible_to",
]
