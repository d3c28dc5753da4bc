"""Mutants of SQL: the small slips that a person makes, one at a time, in the text of a statement or function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SLIPS: tuple[tuple[str, str, str], ...] = (
    ("< to <=", r" < ", " <= "),
    ("<= to <", r" <= ", " < "),
    ("> to >=", r" > ", " >= "),
    (">= to >", r" >= ", " > "),
    ("= to <>", r" = (?!ANY)", " <> "),
    ("<> to =", r" <> ", " = "),
    ("+ to -", r" \+ ", " - "),
    ("- to +", r" - ", " + "),
    ("* to +", r" \* ", " + "),
    ("least to greatest", r"\bleast\(", "greatest("),
    ("greatest to least", r"\bgreatest\(", "least("),
    ("min to max", r"\bmin\(", "max("),
    ("max to min", r"\bmax\(", "min("),
    ("last first", r"(ORDER BY [\w.]+)(?! DESC)\b(?=[,)\s]|$)", r"\1 DESC"),
    ("first first", r" DESC\b", ""),
    ("0 to 1", r"(?<=[<>=] )0\b", "1"),
    ("nothing for 0", r", 0\)", ", 1)"),
    ("IS NULL to IS NOT NULL", r"\bIS NULL\b", "IS NOT NULL"),
    ("IS NOT NULL to IS NULL", r"\bIS NOT NULL\b", "IS NULL"),
    ("without NOT", r"\b(WHEN|IF|AND|WHERE) NOT ", r"\1 "),
    ("AND to OR", r" AND ", " OR "),
    ("without a condition", r" AND [\w.]+ (?:[<>]=?|=|<>) [\w.]+(?:\(\))?(?= AND|;|\)|$)", ""),
    ("without a condition", r"(?<=WHERE )[\w.]+ (?:[<>]=?|=|<>) [\w.]+(?:\(\))? AND ", ""),
    ("negated away", r"(?<=[( ,])-(?=[a-z])", ""),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One slip in one file. `line` counts from 1."""

    file: str
    line: int
    slip: str
    old: str
    new: str
    text: str

    @property
    def what(self) -> str:
        """Its name without the line, which it keeps when lines come before it."""
        return f"{self.file} {self.slip}: {self.new.strip()}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file; of a function its body only."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    start = next((at for at, line in enumerate(lines) if "AS $$" in line), -1)
    for at, line in enumerate(lines):
        if at <= start or line.lstrip().startswith("--"):
            continue
        for slip, pattern, better in _SLIPS:
            for found in re.finditer(pattern, line):
                new = line[: found.start()] + found.expand(better) + line[found.end() :]
                changed = "\n".join([*lines[:at], new, *lines[at + 1 :]])
                yield Mutant(path.name, at + 1, slip, line, new, changed)
