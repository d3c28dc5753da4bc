"""A partner's outlets with where they are and when they are open; files of them are tried before they are kept."""

from coalition.partners.places.bringing import ROWS_MAX, Brought, RowError, bring
from coalition.partners.places.card import COLUMNS, Card
from coalition.partners.places.hours import DAYS
from coalition.partners.places.keeping import Kept, Wanted, add, change, close, kept, one_kept, read_card, reopen

__all__ = [
    "COLUMNS",
    "DAYS",
    "ROWS_MAX",
    "Brought",
    "Card",
    "Kept",
    "RowError",
    "Wanted",
    "add",
    "bring",
    "change",
    "close",
    "kept",
    "one_kept",
    "read_card",
    "reopen",
]
