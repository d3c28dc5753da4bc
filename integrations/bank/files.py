"""The files of ISO 20022 as the port `BankFiles` asks for them."""

from __future__ import annotations

from integrations.bank import camt053, pain001
from settlement.ports import BankStatement, TransferFile


class IsoBankFiles:
    """pain.001.001.09 out, camt.053.001.02 to .08 in."""

    def write_orders(self, file: TransferFile) -> bytes:
        """The transfers as pain.001."""
        return pain001.write(file)

    def read_statements(self, data: bytes) -> list[BankStatement]:
        """The statements of a camt.053."""
        return camt053.read(data)
