"""Proposals: what partners would like to have as promotions, and what marketers answer, once."""

from coalition.promotions.proposals.concerning import Concern, concerning
from coalition.promotions.proposals.deciding import decline, take_up
from coalition.promotions.proposals.proposing import STATES, Proposal, Wanted, get, listed, propose, waiting

__all__ = [
    "STATES",
    "Concern",
    "Proposal",
    "Wanted",
    "concerning",
    "decline",
    "get",
    "listed",
    "propose",
    "take_up",
    "waiting",
]
