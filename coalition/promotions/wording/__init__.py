"""A promotion in words: the registry of fields, the sentence in English and Russian, the expert's text, the reasons.

Pure: no database, no request. Everything is derived from the same document that the engine runs, so that what a
marketer reads, what an expert writes and what is granted cannot differ.
"""

from coalition.promotions.wording.calendar import BUILT_IN
from coalition.promotions.wording.expert import plain, printed
from coalition.promotions.wording.fields import FIELDS, SECTIONS, Field, called, found, of_section, offered, types
from coalition.promotions.wording.parsing import understood
from coalition.promotions.wording.reasons import given, near_miss, why_not
from coalition.promotions.wording.sentences import sentence, sentence_text, sponsors
from coalition.promotions.wording.voice import Names, Piece, Voice

__all__ = [
    "BUILT_IN",
    "FIELDS",
    "SECTIONS",
    "Field",
    "Names",
    "Piece",
    "Voice",
    "called",
    "found",
    "given",
    "near_miss",
    "of_section",
    "offered",
    "plain",
    "printed",
    "sentence",
    "sentence_text",
    "sponsors",
    "types",
    "understood",
    "why_not",
]
