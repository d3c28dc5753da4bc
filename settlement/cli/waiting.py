"""Long work of one statement or one transaction, of which nobody can say how far it is: that it goes on is said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import click

_EVERY_S = 5.0


@contextmanager
def telling(what: str, *, quiet: bool = False, every_s: float = _EVERY_S) -> Iterator[None]:
    """Say on the error stream, every few seconds that it takes, for how long `what` has been going on."""
    over, begun = Event(), time.monotonic()

    def tell() -> None:
        while not over.wait(every_s):
            click.echo(f"{what}: {time.monotonic() - begun:.0f} s", err=True)

    teller = Thread(target=tell, daemon=True)
    if not quiet:
        teller.start()
    try:
        yield
    finally:
        over.set()
        if not quiet:
            teller.join()
