"""Programs: their life cycle, their currencies, and every policy that says what points may do and until when."""

from coalition.programs.admitting import admit, let_redeem, let_transfer, redemption_refused
from coalition.programs.caching import Policies, policies, touch
from coalition.programs.calendars import birth, tier_period
from coalition.programs.changing import change, change_currency
from coalition.programs.drawing import Drawing, drawing
from coalition.programs.halting import answer_for, halt, halted_reasons, resume
from coalition.programs.launching import add_currency, launch
from coalition.programs.laws import laws
from coalition.programs.living import add_pilots, end_sunsets, following, move, pilots, wind_down
from coalition.programs.promo import eligible, open_promo_account, promo_account, promo_accounts
from coalition.programs.rates import rate, rates, set_rate
from coalition.programs.registry import (
    by_code,
    currencies,
    currency,
    currency_by_id,
    get,
    list_programs,
    main_currency,
)
from coalition.programs.types import Birth, Currency, Deed, Program, PromoAccount, Rate, SpendContext, State

__all__ = [
    "Birth",
    "Currency",
    "Deed",
    "Drawing",
    "Policies",
    "Program",
    "PromoAccount",
    "Rate",
    "SpendContext",
    "State",
    "add_currency",
    "add_pilots",
    "admit",
    "answer_for",
    "birth",
    "by_code",
    "change",
    "change_currency",
    "currencies",
    "currency",
    "currency_by_id",
    "drawing",
    "eligible",
    "end_sunsets",
    "following",
    "get",
    "halt",
    "halted_reasons",
    "launch",
    "laws",
    "let_redeem",
    "let_transfer",
    "list_programs",
    "main_currency",
    "move",
    "open_promo_account",
    "pilots",
    "policies",
    "promo_account",
    "promo_accounts",
    "rate",
    "rates",
    "redemption_refused",
    "resume",
    "set_rate",
    "tier_period",
    "touch",
    "wind_down",
]
