"""The port registry: a floor declares a Protocol, `integrations` binds an adapter, a door or job asks for it by type.

Asking is refused while a transaction is open: no network call happens inside one. An adapter may be offered instead of
bound: it is made, and what it needs is loaded, when somebody first asks for it, because few processes ever do.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar, cast

from flask import current_app

from coalition.kernel.db import in_transaction

P = TypeVar("P")
_KEY = "coalition.ports"


class PortNotBound(LookupError):
    """No adapter was bound for this port; the installation lacks an integration."""


class _Offered(Generic[P]):
    """An adapter that is made when it is first asked for, once whoever asks."""

    def __init__(self, make: Callable[[], P]) -> None:
        self._make, self._made, self._lock = make, cast("P | None", None), RLock()

    def adapter(self) -> P:
        """The adapter."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def bind(port: type[P], adapter: P, *, name: str = "") -> None:
    """Make `adapter` the one that answers for `port` (under `name`, where a port has several)."""
    _bound()[(port, name)] = adapter


def offer(port: type[P], make: Callable[[], P], *, name: str = "") -> None:
    """Make what `make` returns the one that answers for `port`; it is called when somebody asks, and not before."""
    _bound()[(port, name)] = _Offered(make)


def get(port: type[P], *, name: str = "") -> P:
    """The adapter of `port`. Raises PortNotBound, and RuntimeError inside an open transaction."""
    if in_transaction():
        raise RuntimeError(f"{port.__name__} was asked for inside a transaction; call the outside before or after it")
    try:
        found = _bound()[(port, name)]
    except KeyError:
        raise PortNotBound(f"no adapter is bound for {port.__name__} {name}".strip()) from None
    return cast(P, found.adapter() if isinstance(found, _Offered) else found)


def bound(port: type[Any], *, name: str = "") -> bool:
    """Whether this installation has an adapter for `port`; asks nobody, so also inside a transaction."""
    return (port, name) in _bound()


def _bound() -> dict[tuple[type[Any], str], Any]:
    bound: dict[tuple[type[Any], str], Any] = current_app.extensions.setdefault(_KEY, {})
    return bound
