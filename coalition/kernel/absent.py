"""Letting a library believe that another one is not installed, so that it leaves out what it would do with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Inside, none of these modules can be imported anew: ImportError. Afterwards everything is as before."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
