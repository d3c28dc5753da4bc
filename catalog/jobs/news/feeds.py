"""News of feeds that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog import suppliers
from catalog.jobs.news.concerned import Concerned
from coalition.kernel import clock, ids
from coalition.kernel.outbox import Event
from coalition.partners.webhooks import News, Wanted, translates


@translates("feed.needs_approval")
def held(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A run was held or refused."""
    chosen, concerned = wanted.get("feed.needs_approval", frozenset()), Concerned()
    for event in events if chosen else ():
        feed = suppliers.get_feed(event.payload["feed"])
        supplier = concerned.supplier(feed.supplier_id)
        data = {
            "supplier": supplier.code,
            "feed": feed.code,
            "run_id": ids.public("run", event.payload["run"]),
            "state": event.payload["state"],
            "reason_code": event.payload["code"],
        }
        for partner_id in {concerned.operator(supplier.program_id), concerned.partner_of(supplier.id)}:
            about = f"{supplier.code}/{feed.code}"
            cause = f"run:{event.payload['run']}"
            yield News("feed.needs_approval", partner_id, about, cause, clock.now(), data, event.id)
