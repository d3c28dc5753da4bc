"""The commands' door of this floor: `flask settlement ...`, a module for each story."""

from __future__ import annotations

from flask import Flask
from flask.cli import AppGroup

settlement = AppGroup("settlement", help="Periods, accruals, statements, and what comes of them.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    from settlement.cli import banking, paying, periods, proofs, reconciling, reports

    for command in (periods.close, periods.rebuild, periods.rate, reports.report, paying.pay):
        settlement.add_command(command)
    for command in (reconciling.reconcile, reconciling.reconcile_from):
        settlement.add_command(command)
    for command in (proofs.verify_bundle, proofs.prove):
        settlement.add_command(command)
    for command in (banking.import_bank_statement, banking.bank_file):
        settlement.add_command(command)
    app.cli.add_command(settlement)
