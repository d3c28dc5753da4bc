"""The log of what clients of the API have asked, for those whose clients they are: 30 days, redacted.

It is written beside the requests, never in their transactions: a process collects, and a thread of it copies what was
collected into the database once a second. What a killed process had not yet written is lost; nothing else depends on
it. Bodies are not kept.
"""

from coalition.kernel.request_log.collecting import Collector, Entry, collector, init_app
from coalition.kernel.request_log.searching import KEPT_DAYS, Logged, Refusals, Wanted, clear_old, refusals, search

__all__ = [
    "KEPT_DAYS",
    "Collector",
    "Entry",
    "Logged",
    "Refusals",
    "Wanted",
    "clear_old",
    "collector",
    "init_app",
    "refusals",
    "search",
]
