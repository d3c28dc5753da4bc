"""The bank by files: what it is ordered to pay, what it says has moved, and what people decide of the rest."""

from settlement.payouts.bank.deciding import Decision, Waiting, assign, decisions, set_aside, undo, waiting
from settlement.payouts.bank.importing import Imported, take_in
from settlement.payouts.bank.ordering import Ordered, export, file, files, files_of, unordered
from settlement.payouts.bank.reading import EntryLine, StatementHead, entries, statement, statements

__all__ = [
    "Decision",
    "EntryLine",
    "Imported",
    "Ordered",
    "StatementHead",
    "Waiting",
    "assign",
    "decisions",
    "entries",
    "export",
    "file",
    "files",
    "files_of",
    "set_aside",
    "statement",
    "statements",
    "take_in",
    "undo",
    "unordered",
    "waiting",
]
