"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Importing these modules registers their handlers and schedules."""
    from coalition.jobs import (  # noqa: F401
        allowances,
        clearing,
        coupons,
        exchanges,
        extracts,
        holdings,
        letters,
        news,
        occasions,
        people,
        points,
        registries,
        sources,
        suspense,
        trials,
        verifying,
        webhooks,
    )

    news.init()
