"""Seeding the demo coalition, floor by floor, through the front desks that a real installation uses."""

from __future__ import annotations

from typing import Any

from coalition.kernel.db import transact
from integrations.demo.seeding import catalog_floor, history, partners_side, settlement_floor

__all__ = ["seed"]


def seed(*, with_history: bool) -> dict[str, Any]:
    """Make the coalition "coral", if wanted with a year of shopping; the facts that its users and programs need."""
    secrets = catalog_floor.read_secrets()
    made = transact(partners_side.found)
    transact(lambda: settlement_floor.agree(made))
    feeds = transact(lambda: catalog_floor.open_catalog(made, secrets))
    history.import_feeds(feeds)
    if with_history:
        history.replay(made)
        history.close_old_periods(made)
    return made.facts()
