"""A promotion in words: the registry of fields, the sentence in English and Russian, the expert's text, the reasons.

Pure: no database, no request. Everything is derived from the same document that the engine runs, so that what a
marketer reads, what an expert writes and what is granted cannot differ.
"""

from coalition.promotions.wording.calendar import BUILT_IN
from coalition.promotions.wording.checking import clear, wrong_with
from coalition.promotions.wording.commas import joined, parted
from coalition.promotions.wording.conditions import in_words
from coalition.promotions.wording.effects import effect
from coalition.promotions.wording.expert import plain, printed
from coalition.promotions.wording.fields import FIELDS, LINE, SECTIONS, Field, called, found, of_section, offered, types
from coalition.promotions.wording.mechanics import (
    FOLLOWING,
    MECHANICS,
    METRICS,
    PARTS_MOST,
    PERIODS,
    PERS,
    Cap,
    Gift,
    Mechanic,
    Money,
    Part,
)
from coalition.promotions.wording.parsing import understood
from coalition.promotions.wording.payers import PAYERS, Wrong, payers_of, sponsor_of
from coalition.promotions.wording.reasons import given, near_miss, why_not
from coalition.promotions.wording.rows import Misread, Row, field_of, line_fields, number, plain_number
from coalition.promotions.wording.sentences import PER, PERIOD, sentence, sentence_text, sponsors
from coalition.promotions.wording.sheets import FACTS, KEPT, Sheet, day_of, document_of, midnight, sheet_of
from coalition.promotions.wording.voice import Names, Piece, Voice, said, text

__all__ = [
    "BUILT_IN",
    "FACTS",
    "FIELDS",
    "FOLLOWING",
    "KEPT",
    "LINE",
    "MECHANICS",
    "METRICS",
    "PARTS_MOST",
    "PAYERS",
    "PER",
    "PERIOD",
    "PERIODS",
    "PERS",
    "SECTIONS",
    "Cap",
    "Field",
    "Gift",
    "Mechanic",
    "Misread",
    "Money",
    "Names",
    "Part",
    "Piece",
    "Row",
    "Sheet",
    "Voice",
    "Wrong",
    "called",
    "clear",
    "day_of",
    "document_of",
    "effect",
    "field_of",
    "found",
    "given",
    "in_words",
    "joined",
    "line_fields",
    "midnight",
    "near_miss",
    "number",
    "of_section",
    "offered",
    "parted",
    "payers_of",
    "plain",
    "plain_number",
    "printed",
    "said",
    "sentence",
    "sentence_text",
    "sheet_of",
    "sponsor_of",
    "sponsors",
    "text",
    "types",
    "understood",
    "why_not",
    "wrong_with",
]
