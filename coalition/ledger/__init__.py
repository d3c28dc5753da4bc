"""The points ledger: double entry, lots with their funding, holds, expiry, and the laws that prove it.

Owners are opaque numbers; the room knows neither members nor partners. It never commits, and everything it does is
idempotent under a business key. Settlement reads the view `ledger_movements`.
"""

from coalition.kernel.laws import Law
from coalition.ledger.accounts import account, accounts, funding, learn
from coalition.ledger.browsing import Ending, ending, expired, open_holds, owners
from coalition.ledger.drawing import Draw, Shares, draws, funded
from coalition.ledger.expiry import expire, expire_holds, forget_idleness, wind_down
from coalition.ledger.gathering import gathered, holders
from coalition.ledger.holds import capture, captured_until, extend_hold, get_hold, hold, hold_under, release, restricted
from coalition.ledger.laws import laws
from coalition.ledger.moves import KEEP, Arrival, Merged, Transferred, merge_wallets, transfer
from coalition.ledger.posting import lock, lock_owners, post
from coalition.ledger.queries import balances, balances_of, credited, lots, movement, movements, spent
from coalition.ledger.restoring import REVERSAL_ORDERS, reversal_orders, set_reversal_orders
from coalition.ledger.returns import ClawBack, ClawedBack, GiveBack, GivenBack, claw_back, give_back, homes
from coalition.ledger.types import (
    AMOUNT_MAX,
    NEXT,
    AccountKind,
    Attribution,
    Balance,
    Captured,
    Credit,
    Debit,
    EntryKind,
    Hold,
    Lot,
    Movement,
    Operation,
    Posted,
    Released,
)
from coalition.ledger.using import in_use, programs_of

__all__ = [
    "AMOUNT_MAX",
    "KEEP",
    "NEXT",
    "REVERSAL_ORDERS",
    "AccountKind",
    "Arrival",
    "Attribution",
    "Balance",
    "Captured",
    "ClawBack",
    "ClawedBack",
    "Credit",
    "Debit",
    "Draw",
    "Ending",
    "EntryKind",
    "GiveBack",
    "GivenBack",
    "Hold",
    "Law",
    "Lot",
    "Merged",
    "Movement",
    "Operation",
    "Posted",
    "Released",
    "Shares",
    "Transferred",
    "account",
    "accounts",
    "balances",
    "balances_of",
    "capture",
    "captured_until",
    "claw_back",
    "credited",
    "draws",
    "ending",
    "expire",
    "expire_holds",
    "expired",
    "extend_hold",
    "forget_idleness",
    "funded",
    "funding",
    "gathered",
    "get_hold",
    "give_back",
    "hold",
    "hold_under",
    "holders",
    "homes",
    "in_use",
    "laws",
    "learn",
    "lock",
    "lock_owners",
    "lots",
    "merge_wallets",
    "movement",
    "movements",
    "open_holds",
    "owners",
    "post",
    "programs_of",
    "release",
    "restricted",
    "reversal_orders",
    "set_reversal_orders",
    "spent",
    "transfer",
    "wind_down",
]
