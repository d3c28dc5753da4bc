"""What accounts say of programs and currencies: whose they are, and whether there are any."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.db import raw
from coalition.ledger.types import AccountKind

_USED = """
    SELECT EXISTS (SELECT FROM account WHERE program_id = %s AND kind = %s AND currency_id = %s)"""


def in_use(program_id: int, currency_id: int) -> bool:
    """Whether anybody has, or ever had, a wallet in this currency."""
    row = raw().execute(_USED, (program_id, int(AccountKind.WALLET), currency_id)).fetchone()
    return bool(row and row[0])


def programs_of(account_ids: Sequence[int]) -> set[int]:
    """The programs whose accounts these are; an account that is none has none."""
    query = "SELECT DISTINCT program_id FROM account WHERE id = ANY(%s)"
    return {program_id for (program_id,) in raw().execute(query.encode(), (list(account_ids),))}
