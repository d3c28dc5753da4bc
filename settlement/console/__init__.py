"""The console's door of this floor: finance closes periods and reads statements."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills its blueprint."""
    from settlement.console import (  # noqa: F401
        account_pages,
        adjustment_pages,
        agreement_pages,
        bank_pages,
        closing_pages,
        exposure_pages,
        finance_pages,
        invoice_pages,
        pages,
        payout_pages,
        proof_pages,
        reconciliation_pages,
        report_file_pages,
        report_pages,
        report_settings_pages,
    )

    for one in (
        account_pages,
        adjustment_pages,
        agreement_pages,
        bank_pages,
        closing_pages,
        exposure_pages,
        finance_pages,
        invoice_pages,
        pages,
        payout_pages,
        proof_pages,
        reconciliation_pages,
        report_pages,
    ):
        app.register_blueprint(one.blueprint)
