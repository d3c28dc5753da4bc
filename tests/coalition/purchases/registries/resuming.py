"""A file is read in chunks, and whoever begins behind any of them reads what is left, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from coalition.purchases.registries import streaming

# What is read from a place on (none: the whole): each chunk's position, its last line, and its readings.
Told = Callable[..., list[tuple[int, int, list[Any]]]]


def read_from_anywhere(told: Told, size: int) -> list[Any]:
    """All readings of a file in chunks of so many lines, once beginning behind each of them has left the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streaming, "CHUNK_LINES", size)
        whole = told()
        readings = [one for _, _, chunk in whole for one in chunk]
        taken = 0
        for position, last_line, chunk in whole:
            taken += len(chunk)
            rest = [one for _, _, later in told(position, last_line) for one in later]
            assert readings == readings[:taken] + rest
    return readings
