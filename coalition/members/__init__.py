"""Members: enrolment, identifiers known only by their keyed hash, profiles, consents, and who sees whom."""

from coalition.members.amending import amend
from coalition.members.benefits import Benefits
from coalition.members.blocking import block, move, replace
from coalition.members.enrolment import Enrolment, enrol
from coalition.members.identifiers import Identifier, add, identifiers
from coalition.members.laws import laws
from coalition.members.normalising import KINDS
from coalition.members.people import Consent, Member, Profile, Sight, consents, get, profile, seen_by, visible_to
from coalition.members.presenting import Recognised, arrived, awaited, hashes, identify, recognise
from coalition.members.proving import Proof, prove, use_proof
from coalition.members.qualifying import lapse, qualify
from coalition.members.searching import Found, by_name, search, some, whose
from coalition.members.tiers import Ladder, Tier, ladder, set_tiers

__all__ = [
    "KINDS",
    "Benefits",
    "Consent",
    "Enrolment",
    "Found",
    "Identifier",
    "Ladder",
    "Member",
    "Profile",
    "Proof",
    "Recognised",
    "Sight",
    "Tier",
    "add",
    "amend",
    "arrived",
    "awaited",
    "block",
    "by_name",
    "consents",
    "enrol",
    "get",
    "hashes",
    "identifiers",
    "identify",
    "ladder",
    "lapse",
    "laws",
    "move",
    "profile",
    "prove",
    "qualify",
    "recognise",
    "replace",
    "search",
    "seen_by",
    "set_tiers",
    "some",
    "use_proof",
    "visible_to",
    "whose",
]
