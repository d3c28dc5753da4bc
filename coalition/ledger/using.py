"""Whether a currency is in use, for those who would change what its numbers mean."""

from __future__ import annotations

from coalition.kernel.db import raw
from coalition.ledger.types import AccountKind

_USED = """
    SELECT EXISTS (SELECT FROM account WHERE program_id = %s AND kind = %s AND currency_id = %s)"""


def in_use(program_id: int, currency_id: int) -> bool:
    """Whether anybody has, or ever had, a wallet in this currency."""
    row = raw().execute(_USED, (program_id, int(AccountKind.WALLET), currency_id)).fetchone()
    return bool(row and row[0])
