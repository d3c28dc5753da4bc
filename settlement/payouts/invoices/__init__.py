"""Invoices by EN 16931: what each document of a statement is to a tax office, numbered and written once."""

from settlement.payouts.invoices.content import Invoice, Item, Party
from settlement.payouts.invoices.issuing import Issued, file_of, issue, of_statement
from settlement.payouts.invoices.ubl import write

__all__ = ["Invoice", "Issued", "Item", "Party", "file_of", "issue", "of_statement", "write"]
