"""The running product for the campaign, as for the journeys."""

from __future__ import annotations

from tests.journeys.conftest import running, shared

__all__ = ["running", "shared"]
