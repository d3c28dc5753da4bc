"""Transfers as ISO 20022 pain.001.001.09, by sepaxml, and held against the schema before anybody gets it.

sepaxml names messages and payments at random and reads the clock; ours are named by us, so that a file that is written
again is the same to the byte and no bank takes it for another one.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files

from lxml import etree
from sepaxml import SepaTransfer
from stdnum import bic as bic_number
from stdnum import iban as iban_number

from coalition.kernel.errors import FieldError, Invalid
from integrations.bank import cleaning
from settlement.ports import TransferFile, TransferOrder

_SCHEMA = "pain.001.001.09"
_SPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{_SCHEMA}}}"
_SEPA = "EUR"
_MOST = 99_999_999_999  # EPC132-08: 999,999,999.99 euro in one transfer
_REFERENCE_MAX = 35


def write(file: TransferFile) -> bytes:
    """The file. Raises Invalid `bank_file_invalid`, pointing at each order that the scheme cannot carry."""
    _check(file)
    account = file.account
    config = {
        "name": cleaning.name(account.holder),
        "IBAN": account.iban,
        "batch": True,
        "currency": account.currency,
        "domestic": account.currency != _SEPA,
    }
    if account.bic:
        config["BIC"] = account.bic
    made = SepaTransfer(config, schema=_SCHEMA, clean=True)
    for order in file.orders:
        made.add_payment(_payment(order, file.execute_on))
    return _finished(made.export(validate=False), file)


def reference(ref: str) -> str:
    """Our reference as the scheme carries it: letters and digits."""
    return "".join(char for char in ref if char.isascii() and char.isalnum())


def _payment(order: TransferOrder, execute_on: dt.date) -> dict[str, object]:
    payment: dict[str, object] = {
        "name": cleaning.name(order.holder),
        "IBAN": order.iban,
        "amount": order.amount_minor,
        "execution_date": execute_on,
        "description": cleaning.remark(order.description),
        "endtoend_id": reference(order.ref),
    }
    if order.bic:
        payment["BIC"] = order.bic
    return payment


def _finished(written: bytes, file: TransferFile) -> bytes:
    """Our names and our moment in place of sepaxml's; valid by the schema, or AssertionError: that is our fault."""
    root = etree.fromstring(written)
    moment = file.made_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for tag, text in (("MsgId", file.message_id), ("CreDtTm", moment), ("PmtInfId", f"{file.message_id}-1")):
        [element] = root.iter(f"{_SPACE}{tag}")
        element.text = text
    _schema().assertValid(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring((files("sepaxml") / "schemas" / f"{_SCHEMA}.xsd").read_bytes()))


def _check(file: TransferFile) -> None:
    wrong = []
    if not file.orders:
        wrong.append(FieldError("/orders", "required", "There is nothing to transfer."))
    if not iban_number.is_valid(file.account.iban):
        wrong.append(FieldError("/account/iban", "invalid", "Our own account has no valid IBAN."))
    for at, order in enumerate(file.orders):
        rules = (
            ("iban", iban_number.is_valid(order.iban), "Not an IBAN."),
            ("bic", not order.bic or bic_number.is_valid(order.bic), "Not a BIC."),
            ("amount", 0 < order.amount_minor <= _MOST, "A transfer lies between 0.01 and 999999999.99."),
            ("ref", 0 < len(reference(order.ref)) <= _REFERENCE_MAX, "A reference has up to 35 letters."),
        )
        wrong += [FieldError(f"/orders/{at}/{name}", "invalid", words) for name, holds, words in rules if not holds]
    if len({reference(order.ref) for order in file.orders}) < len(file.orders):
        wrong.append(FieldError("/orders", "duplicate", "Two transfers have the same reference."))
    if wrong:
        raise Invalid("bank_file_invalid", "The bank would not take this file.", wrong)
