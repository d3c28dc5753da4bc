"""The console's door of this floor: finance closes periods and reads statements."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

# Some share a blueprint, which the import of each of them fills.
_PAGES = (
    "account_pages",
    "adjustment_pages",
    "agreement_pages",
    "bank_pages",
    "closing_pages",
    "exposure_pages",
    "finance_pages",
    "invoice_pages",
    "pages",
    "payout_pages",
    "proof_pages",
    "reconciliation_pages",
    "report_pages",
    "report_file_pages",
    "report_settings_pages",
)


def init_app(app: Flask) -> None:
    """Register the pages, every blueprint once and whole."""
    import_module(f"{__name__}.list_files")
    modules = [import_module(f"{__name__}.{name}") for name in _PAGES]
    for blueprint in dict.fromkeys(module.blueprint for module in modules):
        app.register_blueprint(blueprint)
