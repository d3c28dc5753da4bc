"""Counting what is asked of the database: a page that lists asks as much for many rows as for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from coalition.kernel.db import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that the ORM's engine sends inside, in their order; the list grows as they are sent."""
    sent: list[str] = []

    def note(*facts: object) -> None:
        sent.append(str(facts[2]))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
