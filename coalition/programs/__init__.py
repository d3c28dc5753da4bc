"""Programs and their currencies: what a member can earn, when it expires, and in which money partners settle."""

from coalition.programs.launching import add_currency, launch
from coalition.programs.registry import (
    Currency,
    Program,
    by_code,
    currencies,
    currency,
    currency_by_id,
    expiry,
    get,
    list_programs,
    main_currency,
)

__all__ = [
    "Currency",
    "Program",
    "add_currency",
    "by_code",
    "currencies",
    "currency",
    "currency_by_id",
    "expiry",
    "get",
    "launch",
    "list_programs",
    "main_currency",
]
