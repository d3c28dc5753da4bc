"""Members: enrolment, identifiers known only by their keyed hash, profiles, consents, and who sees whom."""

from coalition.members.amending import amend, hold_still
from coalition.members.benefits import Benefits
from coalition.members.blocking import block, move, replace
from coalition.members.celebrating import Celebrant, celebrants
from coalition.members.enrolment import Enrolment, enrol
from coalition.members.families import (
    Family,
    Invitation,
    Seat,
    accept,
    family,
    invitations,
    invite,
    leave,
    remove,
    same_family,
)
from coalition.members.history import TierStep, tier_history, tiers_at
from coalition.members.identifiers import Identifier, add, identifiers
from coalition.members.issuing import issue_card
from coalition.members.laws import laws
from coalition.members.listing import Enrolled, enrolled, enrolments
from coalition.members.merging import Merge, explain_merge, follow, merge, survivor
from coalition.members.normalising import KINDS, refuse_bank_cards
from coalition.members.people import (
    Consent,
    Member,
    Profile,
    Reader,
    Sight,
    consents,
    enrollers,
    get,
    profile,
    readers,
    seen_by,
    visible_to,
)
from coalition.members.plans import Plan, add_plan, close_plan, plans
from coalition.members.presenting import Recognised, arrived, awaited, hashes, identify, recognise
from coalition.members.proving import Proof, proof_until, prove, use_proof
from coalition.members.qualifying import give_tier, lapse, qualify
from coalition.members.rolls import roll
from coalition.members.searching import Found, absorbed, by_name, search, some, whose
from coalition.members.standing import Standing, standing
from coalition.members.subscribing import Subscription, cancel, lapse_subscriptions, renew, subscribe, subscription
from coalition.members.taking_over import Carrier, fingerprint, take_over
from coalition.members.tiers import Ladder, Tier, ladder, set_tiers
from coalition.members.traits import Traits, take_turns, traits

__all__ = [
    "KINDS",
    "Benefits",
    "Carrier",
    "Celebrant",
    "Consent",
    "Enrolled",
    "Enrolment",
    "Family",
    "Found",
    "Identifier",
    "Invitation",
    "Ladder",
    "Member",
    "Merge",
    "Plan",
    "Profile",
    "Proof",
    "Reader",
    "Recognised",
    "Seat",
    "Sight",
    "Standing",
    "Subscription",
    "Tier",
    "TierStep",
    "Traits",
    "absorbed",
    "accept",
    "add",
    "add_plan",
    "amend",
    "arrived",
    "awaited",
    "block",
    "by_name",
    "cancel",
    "celebrants",
    "close_plan",
    "consents",
    "enrol",
    "enrolled",
    "enrollers",
    "enrolments",
    "explain_merge",
    "family",
    "fingerprint",
    "follow",
    "get",
    "give_tier",
    "hashes",
    "hold_still",
    "identifiers",
    "identify",
    "invitations",
    "invite",
    "issue_card",
    "ladder",
    "lapse",
    "lapse_subscriptions",
    "laws",
    "leave",
    "merge",
    "move",
    "plans",
    "profile",
    "proof_until",
    "prove",
    "qualify",
    "readers",
    "recognise",
    "refuse_bank_cards",
    "remove",
    "renew",
    "replace",
    "roll",
    "same_family",
    "search",
    "seen_by",
    "set_tiers",
    "some",
    "standing",
    "subscribe",
    "subscription",
    "survivor",
    "take_over",
    "take_turns",
    "tier_history",
    "tiers_at",
    "traits",
    "use_proof",
    "visible_to",
    "whose",
]
