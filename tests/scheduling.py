"""Which test process runs what: a module (or a class) at a time, but the journeys all of them by one.

They share a running product, which takes a minute of a processor to start and some of it while nobody asks anything.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

JOURNEYS = "tests/journeys/"


class Scopes(LoadScopeScheduling):
    """Hands out the tests by their scopes."""

    def _split_scope(self, nodeid: str) -> str:
        return JOURNEYS if nodeid.startswith(JOURNEYS) else super()._split_scope(nodeid)
