"""The partners' door of this floor: their own statements, invoices, payments and proofs."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the endpoints."""
    from coalition.kernel import metrics
    from coalition.kernel.web import api
    from settlement.api import disputing, figures, invoices, payouts, proofs, reconciling, statements

    api.register(app, statements.blp, invoices.blp, payouts.blp, proofs.blp)
    api.register(app, reconciling.blp, disputing.blp)
    metrics.tell(figures.points)
