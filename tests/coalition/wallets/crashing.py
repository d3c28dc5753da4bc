"""A process that may die at a named point (`CRASH_AT`): it moves points once, or does the jobs that are due.

Its foreign program is a folder: one file a reference, so that the book outlives the process and counts what was done.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from coalition import programs, wallets
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.ports import Agreed, ForeignAccess, ForeignOutcome, ForeignProgram, NotNow


@dataclass(frozen=True, slots=True)
class Folder:
    """A foreign program that agrees to everything and writes a line for each request."""

    path: Path

    def credit(self, access: ForeignAccess, ref: str, account: str, amount: int) -> ForeignOutcome:
        """Credit."""
        return self._write(ref, f"credit {amount}")

    def take_back(self, access: ForeignAccess, ref: str, credit_ref: str) -> ForeignOutcome:
        """Undo a credit."""
        return self._write(ref, "take back")

    def status(self, access: ForeignAccess, ref: str) -> ForeignOutcome:
        """Look into the book."""
        return Agreed(ref) if (self.path / ref).exists() else NotNow(0)

    def _write(self, ref: str, line: str) -> ForeignOutcome:
        with (self.path / ref).open("a") as file:
            file.write(f"{line}\n")
        return Agreed(ref)


def move(way: str, spend: wallets.Spend, to_member_id: int) -> None:
    """Move points in one of the ways there are."""
    if way == "donate":
        wallets.donate(spend, "greenfund")
    elif way == "transfer":
        wallets.transfer(spend, to_member_id)
    elif way == "convert":
        wallets.convert(spend, programs.currency(spend.program_id, "MIL"))
    elif way == "adjust":
        wallets.adjust(
            wallets.Adjustment(
                *(spend.program_id, spend.member_id, spend.currency.id, -spend.amount, spend.external_id),
                *("error", "Counted twice."),
            )
        )
    else:
        wallets.exchange(spend, "northmiles", "NM1234567")


def main(folder: str, *words: str) -> None:
    """Move points (way, program, partner, member, other member, external id), or without these do what is due."""
    from wsgi import create_app

    with create_app().app_context():
        ports.bind(ForeignProgram, Folder(Path(folder)))
        if not words:
            jobs.run_due(100)
            return
        way, external_id, *rest = words
        program_id, partner_id, member_id, to_member_id = (int(number) for number in rest)
        currency = transact(lambda: programs.main_currency(program_id))
        spend = wallets.Spend(program_id, partner_id, member_id, currency, 300, external_id, b"body")
        transact(lambda: move(way, spend, to_member_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
