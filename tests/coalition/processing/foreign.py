"""A foreign program that outlives the process that asks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coalition.ports import Agreed, ForeignAccess, ForeignOutcome, NotNow


@dataclass(frozen=True, slots=True)
class Folder:
    """A foreign program whose book is a folder, a file a reference: it outlives the process and counts every call."""

    path: Path

    def credit(self, access: ForeignAccess, ref: str, account: str, amount: int) -> ForeignOutcome:
        """Credit."""
        return self._write(ref, f"credit {amount}")

    def take_back(self, access: ForeignAccess, ref: str, credit_ref: str) -> ForeignOutcome:
        """Undo a credit."""
        return self._write(ref, "take back")

    def status(self, access: ForeignAccess, ref: str) -> ForeignOutcome:
        """Look into the book."""
        return Agreed("F-1") if (self.path / ref).exists() else NotNow(0)

    def lines(self) -> int:
        """How often anything was credited or taken back."""
        return sum(len(file.read_text().splitlines()) for file in self.path.iterdir())

    def _write(self, ref: str, line: str) -> ForeignOutcome:
        with (self.path / ref).open("a") as file:
            file.write(f"{line}\n")
        return Agreed("F-1")
