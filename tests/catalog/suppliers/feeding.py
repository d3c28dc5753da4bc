"""A feed and the files that it brings, one a day."""

from __future__ import annotations

import io
from hashlib import sha256

from catalog import suppliers
from catalog.jobs.feeds import carry_out
from coalition.kernel import jobs, ports
from coalition.kernel.db import db, fetch_all, fetch_one, transact
from coalition.ports import FileStore
from tests.builders import a_program
from tests.catalog.builders import a_category, a_file, a_supplier

_DATES = [f"2026-11-{day:02} 09:00" for day in range(1, 25)]


class Feeding:
    """A feed that minds every missing row, and its files."""

    def __init__(self) -> None:
        program = a_program()
        a_category(program)
        self.program_id = program.id
        self.supplier = a_supplier(program)
        self.feed = suppliers.create_feed(self.supplier.id, "main", guards=suppliers.Guards(missing_rows=0))
        self.dates = iter(_DATES)

    def brings(self, *offers: str, dry_run: bool = False) -> suppliers.FeedRun:
        """Import a file of these offers, a day later than the last one."""
        return carry_out(self.opens(*offers, dry_run=dry_run).id)

    def opens(self, *offers: str, dry_run: bool = False) -> suppliers.FeedRun:
        """A run that waits, over a file of these offers, a day later than the last one."""
        content = a_file(*offers, date=next(self.dates))
        db.session.rollback()
        stored = ports.get(FileStore).put(f"uploads/{sha256(content).hexdigest()}", io.BytesIO(content))
        return transact(lambda: suppliers.open_run(self.feed.id, file_key=stored.key, dry_run=dry_run))

    def decides(self, decision: object, run: suppliers.FeedRun) -> suppliers.FeedRun:
        """Decide on a run and do what follows from it."""
        waiting = transact(lambda: decision(run.id, "I have looked"))  # type: ignore[operator]
        jobs.run_due()
        return transact(lambda: suppliers.run(waiting.id))

    def costs(self) -> dict[str, int]:
        rows = fetch_all("SELECT supplier_sku, cost_minor FROM offer WHERE state = 'active' ORDER BY 1")
        return {row.supplier_sku: row.cost_minor for row in rows}

    def pieces(self, sku: str) -> int:
        row = fetch_one(
            "SELECT on_hand FROM stock s JOIN offer o ON o.id = s.offer_id WHERE supplier_sku = :s", {"s": sku}
        )
        assert row is not None
        return int(row.on_hand)
