"""What finance reads over everything below: reports from views, kept as files when they are asked for.

A report writes nothing but the file it was asked for; a figure on the page, in the CSV and in the workbook is the same.
"""

from settlement.reports.expectations import Estimate, estimates, expect
from settlement.reports.policies import ACCOUNTS, ROLES, SERVICES, Policy, adopt
from settlement.reports.policies import current as policy
from settlement.reports.registry import KINDS, Kind, build, kind
from settlement.reports.selection import FIELDS, Selection, select
from settlement.reports.tables import Chart, Column, Curve, Report, Table
from settlement.reports.writing import csv_lines, write_book

__all__ = [
    "ACCOUNTS",
    "FIELDS",
    "KINDS",
    "ROLES",
    "SERVICES",
    "Chart",
    "Column",
    "Curve",
    "Estimate",
    "Kind",
    "Policy",
    "Report",
    "Selection",
    "Table",
    "adopt",
    "build",
    "csv_lines",
    "estimates",
    "expect",
    "kind",
    "policy",
    "select",
    "write_book",
]
