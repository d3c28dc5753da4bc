"""What a test binds to a port is gone after it, whatever it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask


@contextmanager
def kept(app: Flask) -> Iterator[None]:
    """Inside it ports may be bound and unbound; afterwards each has the adapter it had before."""
    bound = app.extensions.setdefault("coalition.ports", {})
    before = dict(bound)
    try:
        yield
    finally:
        bound.clear()
        bound.update(before)
