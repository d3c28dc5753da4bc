"""Floor 1: who takes part, what they earn, every point that exists.

Importing this package imports nothing else, so that any room can be used alone; `init_app` opens the doors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Wire the kernel, the human and machine sign-in and this floor's doors into the application."""
    from coalition import (
        access,
        api,
        cli,
        console,
        jobs,
        kernel,
        ledger,
        letters,
        members,
        partners,
        portal,
        programs,
        promotions,
        purchases,
        sandbox,
        site,
        wallets,
    )
    from coalition.access import oauth
    from coalition.kernel import approvals, laws
    from coalition.kernel.web import health
    from coalition.partners import webhooks
    from coalition.promotions import coupons, granting, holdings

    kernel.init_app(app)
    site.init_app(app)
    console.init_app(app)
    portal.init_app(app)
    api.init_app(app)
    jobs.init_app(app)
    cli.init_app(app)
    approvals.vouch_with(access.may_approve)
    rooms = (
        letters,
        access,
        oauth,
        ledger,
        programs,
        partners,
        members,
        wallets,
        promotions,
        coupons,
        granting,
        holdings,
        purchases,
        webhooks,
        sandbox,
    )
    for room in rooms:
        laws.register(room.laws)
    for reasons in (laws.offended, programs.halted_reasons):
        health.tells(reasons)
