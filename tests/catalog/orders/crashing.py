"""A process that may die at a named point (`CRASH_AT`): it places one order, or does the jobs that are due.

Its supplier is a folder: one file a reference, so that the book outlives the process and counts what was taken.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog import orders
from catalog.orders.supplying.asking import PLAIN
from catalog.ports import Accepted, Address, Caps, NotFound, Outcome, SupplierAccess, SupplierGateway, SupplierLine
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact


@dataclass(frozen=True, slots=True)
class Folder:
    """A supplier that takes every order and writes a line for each request."""

    path: Path

    def caps(self, ctx: SupplierAccess) -> Caps:
        """It takes a reference once and tells what became of it."""
        return PLAIN

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Take the order."""
        with (self.path / client_ref).open("a") as file:
            file.write("request\n")
        return Accepted(f"X-{client_ref}")

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """Look into the book."""
        return Accepted(f"X-{client_ref}") if (self.path / client_ref).exists() else NotFound()


def main(folder: str, *order: str) -> None:
    """Place an order (program, member, partner, quote, external id), or without these do what is due."""
    from wsgi import create_app

    with create_app().app_context():
        ports.bind(SupplierGateway, Folder(Path(folder)))
        if order:
            program_id, member_id, partner_id, quote_id = (int(number) for number in order[:4])
            transact(
                lambda: orders.place(
                    program_id, member_id, partner_id, external_id=order[4], quote_id=quote_id, request_hash=b"body"
                )
            )
        else:
            jobs.run_due(100)


if __name__ == "__main__":
    main(*sys.argv[1:])
