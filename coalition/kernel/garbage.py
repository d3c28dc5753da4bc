"""Letting Python's search for reference cycles rest while a batch makes a hundred thousand values that have none.

The search visits every value again and again as they grow in number (a fifth of a registry's time); reference counting
frees them all the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


@contextmanager
def no_search_for_cycles() -> Iterator[Callable[[], object]]:
    """Search inside only when the function given is called, among what is young; afterwards as before.

    For a process of one thread.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield partial(gc.collect, 1)
    finally:
        if searching:
            gc.enable()
