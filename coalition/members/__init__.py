"""Members: enrolment, identifiers known only by their keyed hash, profiles, consents, and who sees whom."""

from coalition.members.enrolment import Enrolment, enrol
from coalition.members.identifiers import KINDS, Identifier, add, block, identifiers, identify
from coalition.members.laws import laws
from coalition.members.people import Consent, Member, Profile, Sight, consents, get, profile, seen_by, visible_to
from coalition.members.searching import Found, by_name, search, some, whose

__all__ = [
    "KINDS",
    "Consent",
    "Enrolment",
    "Found",
    "Identifier",
    "Member",
    "Profile",
    "Sight",
    "add",
    "block",
    "by_name",
    "consents",
    "enrol",
    "get",
    "identifiers",
    "identify",
    "laws",
    "profile",
    "search",
    "seen_by",
    "some",
    "visible_to",
    "whose",
]
