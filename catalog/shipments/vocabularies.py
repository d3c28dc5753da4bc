"""What the words of carriers and aggregators mean: one table, `vocabularies.tsv`, one row for each word and detail.

Pure. A row is found by (vocabulary, word, detail), else by the word alone; what has no row is `unknown`, which is never
an error: the words are kept as they came. Incidents belong to five groups by their prefix: carrier_, retailer_,
consignee_, customs_, weather_.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("vocabularies.tsv")
UNKNOWN = "unknown"
OURS = "coalition"
VOCABULARIES = (OURS, "easypost", "aftership", "shippo", "karrio", "schema_org")
# Canonical statuses in the order of a parcel's life; of two events at one instant, the later stage counts.
STAGES = (
    UNKNOWN,
    "pre_transit",
    "picked_up",
    "in_transit",
    "on_hold",
    "delayed",
    "out_for_delivery",
    "available_for_pickup",
    "attempt_failed",
    "returning",
    "expired",
    "cancelled",
    "failed",
    "damaged",
    "lost",
    "returned",
    "delivered",
)
_INCIDENT = re.compile(r"(carrier|retailer|consignee|customs|weather)_[a-z_]{1,60}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """Our status for a carrier's words; the reason of an incident or "", whether somebody has to act.

    `first_scan`: where the vocabulary has no word for it, the first such scan of a parcel is its pick-up.
    """

    status: str
    incident: str = ""
    action_required: bool = False
    first_scan: bool = False


def meaning(vocabulary: str, word: str, detail: str = "") -> Meaning:
    """What a word, with the detail that came with it, means in a vocabulary."""
    table, word, detail = _table(), _plain(word), _plain(detail)
    found = table.get((vocabulary, word, detail)) or table.get((vocabulary, word, ""))
    if found is None and vocabulary == OURS and word in STAGES:
        found = Meaning(word)
    return found or Meaning(UNKNOWN)


def incident(reason: str) -> str:
    """The reason of an incident if it belongs to one of the five groups, else ""."""
    reason = _plain(reason)
    return reason if _INCIDENT.fullmatch(reason) else ""


def _plain(word: str) -> str:
    """Case, spaces and hyphens tell nothing; of an address (schema.org) the last part counts."""
    return word.strip().rpartition("/")[2].lower().replace("-", "_").replace(" ", "_")


@cache
def _table() -> Mapping[tuple[str, str, str], Meaning]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        (row["vocabulary"], row["word"], row["detail"]): Meaning(
            row["status"], row["incident"], row["flags"] == "action", row["flags"] == "first"
        )
        for row in rows
    }
