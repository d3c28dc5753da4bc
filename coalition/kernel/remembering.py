"""What a process remembers of the database that it works on; where it has several, as tests have, of each apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from coalition.kernel.db import engine

T = TypeVar("T")


class Remembered(Generic[T]):
    """Call it for what is remembered of the database of the running transaction; `make` makes the empty memory."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._of: WeakKeyDictionary[Any, T] = WeakKeyDictionary()

    def __call__(self) -> T:
        known = self._of.get(engine())
        return self._of.setdefault(engine(), self._make()) if known is None else known
