"""Seeding the demo coalition, floor by floor, through the front desks that a real installation uses."""

from __future__ import annotations

from typing import Any

from coalition.kernel.db import transact
from integrations.demo.seeding import (
    catalog_floor,
    club,
    coupons,
    desk,
    history,
    marketing,
    partners_side,
    payments,
    real,
    settlement_floor,
    telling,
    vendors,
    ways_out,
)

__all__ = ["seed"]


def seed(shopping: str) -> dict[str, Any]:
    """Make the coalition "coral"; the facts that its users and programs need.

    `shopping` is its past: `generated` (a year), `none`, or the number of real baskets, or `all` of them.
    """
    secrets, credentials = catalog_floor.read_secrets(), vendors.read_credentials()
    made = transact(partners_side.found)
    transact(lambda: settlement_floor.agree(made))
    feeds = transact(lambda: catalog_floor.open_catalog(made, secrets))
    feeds += transact(lambda: vendors.open_vendors(made, credentials))
    transact(lambda: ways_out.open_ways(made, secrets))
    history.import_feeds(feeds)
    if shopping == "generated":
        history.replay(made)
        club.open_club(made)
        coupons.leave(made)
        marketing.launch(made)
    elif shopping != "none":
        real.import_baskets(made, None if shopping == "all" else int(shopping))
    if shopping != "none":
        history.close_old_periods(made)
        transact(lambda: settlement_floor.answer(made))
        payments.open_accounts(made)
        payments.leave_runs(made)
    if shopping == "generated":
        desk.leave(made)  # what waits for staff would keep a period open
    transact(lambda: telling.listen(made))  # the last: nobody is told of a year that is over
    return made.facts()
