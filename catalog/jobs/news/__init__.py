"""What partners are told of this floor: the types of events with their schemas, and who is told what."""

from __future__ import annotations


def init() -> None:
    """Importing these modules registers the translators; the types are declared."""
    from catalog.jobs.news import feeds, orders, types

    types.declare_all()
    _ = (feeds, orders)
