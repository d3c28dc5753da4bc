"""What stands in the way of a close, one by one: every gatherer names what offends by keys that stay the same.

A person accepts exactly these; so that of two exceptions of equal number one is not taken for the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from catalog import orders, payments, suppliers
from coalition import partners, purchases
from coalition.kernel import clock, laws
from settlement import accruals
from settlement.accruals import Period
from settlement.statements import adjusting

MOST = 100_000
_FILES = 1_000
_CASES = 100
# The laws are asked every hour; a running period wants a verdict of which not two in a row were missed.
_FRESH = dt.timedelta(hours=2)


def unread_files(program_id: int) -> list[str]:
    """Partners' files that wait or are being read, up to a thousand of either."""
    states = ("waiting", "running")
    pages = [purchases.list_registries(program_id, None, _FILES, state=state) for state in states]
    return [f"registry:{one.id}" for page in pages for one in page.items]


def receipts_in_suspense(program_id: int, before: dt.datetime) -> list[str]:
    """Receipts of the time before an instant that wait for their member, or were refused when it came."""
    return [f"receipt:{number}" for number in purchases.waiting_ids(program_id, before, MOST + 1)]


def without_agreement(period: Period) -> list[str]:
    """Movements and deliveries through the period's end that no agreement covers."""
    return accruals.suspended_keys(period.program_id, period.ends_on, MOST + 1)


def undecided_feeds(program_id: int, before: dt.datetime) -> list[str]:
    """Runs of suppliers' feeds of the time before an instant of which a part waits for a person's approval."""
    return [f"feed_run:{number}" for number in suppliers.undecided_runs(program_id, before, _FILES)]


def open_cases(program_id: int) -> list[str]:
    """What people have to decide about orders and their payments, up to a hundred of each."""
    of_orders = [f"order_case:{one.id}" for one in orders.cases(program_id, limit=_CASES).items]
    return of_orders + [f"payment_case:{one.id}" for one in payments.cases(program_id, _CASES)]


def proposed_adjustments(program_id: int) -> list[str]:
    """Adjustments that wait for a second person: they would be booked in the running period, so it should wait, too."""
    own = [one.id for one in partners.entities(program_id)]
    return [f"adjustment:{one.id}" for one in adjusting.proposed(own)]


def offended_laws(end: dt.datetime) -> tuple[list[str], list[str]]:
    """Laws that were offended when last asked, or were not asked since the period was over, and a sentence of each.

    The laws look at all there is, so that the close does not ask them itself. It relies on the hourly verdict, and
    wants one that is younger than `end`, the end of the period (of a running one: than two hours): so that nothing was
    booked on its days, while they lasted, of which no verdict knows. Where no law was ever asked, none is awaited.
    """
    since = min(end, clock.now() - _FRESH)
    unasked = laws.unasked(since)
    told = laws.offended()
    keys = [f"law:{text.split(' (')[0]}" for text in told] + [f"unasked:{code}" for code in unasked]
    return keys, told + [f"law {code} was not asked since {since:%Y-%m-%d %H:%M} UTC" for code in unasked]


def covered(keys: Sequence[str], count: int) -> list[str]:
    """The keys by which an acceptance is kept: all, or, of more than can be kept, the first ones and how many."""
    return list(keys) if len(keys) <= MOST else [*keys[:MOST], f"all:{count}"]
