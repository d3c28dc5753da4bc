"""A process that may die at a named point (`CRASH_AT`) while it does the jobs of payments that are due."""

from __future__ import annotations

import sys

import httpx

from catalog.ports import PaymentProvider
from coalition.kernel import jobs, ports
from coalition.kernel.config import PaymentAccess
from integrations.payments.stripe import StripeProvider


def main(url: str, key: str, secret: str) -> None:
    """Work with the stand-in at `url`."""
    from wsgi import create_app

    with create_app().app_context():
        account = PaymentAccess(key, secret, url, url)
        ports.bind(PaymentProvider, StripeProvider(account, httpx.Timeout(2.0)))
        jobs.run_due(20)


if __name__ == "__main__":
    main(*sys.argv[1:])
