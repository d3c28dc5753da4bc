"""What promotions give beside points and money: progress, badges, crowns, tickets, statuses, segments, attributes.

Every effect is kept for good; what a member has of it today is counted beside, told to promotions and to pages.
"""

from coalition.promotions.holdings.deriving import DERIVED
from coalition.promotions.holdings.drawing import (
    Drawing,
    Entry,
    Winner,
    commitment,
    drawing,
    entries_after,
    hold_draw,
    winners_of,
)
from coalition.promotions.holdings.draws import Draw, ask_draw, asked_draw, draws, one_draw
from coalition.promotions.holdings.following import follow
from coalition.promotions.holdings.giving import give_coupons
from coalition.promotions.holdings.keeping import KINDS, keep
from coalition.promotions.holdings.laws import laws
from coalition.promotions.holdings.naming import Names, names
from coalition.promotions.holdings.telling import Effect, Holding, given, held
from coalition.promotions.holdings.undoing import Part, Raised, lost_coupons, raised, undo

__all__ = [
    "DERIVED",
    "KINDS",
    "Draw",
    "Drawing",
    "Effect",
    "Entry",
    "Holding",
    "Names",
    "Part",
    "Raised",
    "Winner",
    "ask_draw",
    "asked_draw",
    "commitment",
    "drawing",
    "draws",
    "entries_after",
    "follow",
    "give_coupons",
    "given",
    "held",
    "hold_draw",
    "keep",
    "laws",
    "lost_coupons",
    "names",
    "one_draw",
    "raised",
    "undo",
    "winners_of",
]
