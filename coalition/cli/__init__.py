"""The commands' door of this floor: `flask work`, `flask demo`, `flask dev`, `flask coalition ...`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands."""
    from coalition.cli import (  # noqa: F401 - some join the group themselves
        assortment,
        cards,
        dev,
        drawing,
        extracting,
        lifecycle,
        processing,
        promotions,
        publishing,
        sources,
        work,
    )

    app.cli.add_command(work.work)
    app.cli.add_command(work.revive_job)
    app.cli.add_command(dev.dev)
    app.cli.add_command(processing.group)
