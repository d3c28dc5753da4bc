"""The port registry: a floor declares a Protocol, `integrations` binds an adapter, a door or job asks for it by type.

Asking is refused while a transaction is open: no network call happens inside one.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from flask import current_app

from coalition.kernel.db import in_transaction

P = TypeVar("P")
_KEY = "coalition.ports"


class PortNotBound(LookupError):
    """No adapter was bound for this port; the installation lacks an integration."""


def bind(port: type[P], adapter: P, *, name: str = "") -> None:
    """Make `adapter` the one that answers for `port` (under `name`, where a port has several)."""
    _bound()[(port, name)] = adapter


def get(port: type[P], *, name: str = "") -> P:
    """The adapter of `port`. Raises PortNotBound, and RuntimeError inside an open transaction."""
    if in_transaction():
        raise RuntimeError(f"{port.__name__} was asked for inside a transaction; call the outside before or after it")
    try:
        return cast(P, _bound()[(port, name)])
    except KeyError:
        raise PortNotBound(f"no adapter is bound for {port.__name__} {name}".strip()) from None


def bound(port: type[Any], *, name: str = "") -> bool:
    """Whether this installation has an adapter for `port`; asks nobody, so also inside a transaction."""
    return (port, name) in _bound()


def _bound() -> dict[tuple[type[Any], str], Any]:
    bound: dict[tuple[type[Any], str], Any] = current_app.extensions.setdefault(_KEY, {})
    return bound
