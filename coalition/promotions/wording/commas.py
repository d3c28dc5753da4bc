"""Several texts in one field, with commas between; what has a comma or a quote itself stands in quotes, as in CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable


def joined(texts: Iterable[str]) -> str:
    """The texts as they are typed into one field; `parted` takes them apart again."""
    return ", ".join(_quoted(one) for one in texts)


def parted(typed: str) -> list[str]:
    """The texts that were typed, without the spaces around them; empty ones are left out."""
    try:
        found = next(csv.reader([typed], skipinitialspace=True), [])
    except csv.Error:  # a line break between two texts
        found = typed.split(",")
    return [one.strip() for one in found if one.strip()]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if {",", '"', "\n", "\r"} & set(text) else text
