"""What is done to points beside purchases: limits, transfers, conversions, donations, exchanges, corrections."""

from coalition.ports import Decided
from coalition.wallets.adjusting import Adjustment, adjust
from coalition.wallets.asking import answered, ask
from coalition.wallets.converting import convert
from coalition.wallets.correcting import REASONS
from coalition.wallets.deeds import get as deed
from coalition.wallets.deeds import of_member as deeds_of
from coalition.wallets.deeds import parties_of
from coalition.wallets.donating import donate
from coalition.wallets.exchanging import JOB as EXCHANGE_JOB
from coalition.wallets.exchanging import exchange, wake
from coalition.wallets.exchanging import find as find_exchange
from coalition.wallets.exchanging import reverse as reverse_exchange
from coalition.wallets.foreign import partner_with
from coalition.wallets.laws import laws
from coalition.wallets.reversing import Reversal, reverse, reversible
from coalition.wallets.transferring import transfer
from coalition.wallets.types import Deed, Done, Exchange, Partnership, Question, Spend, Waiting

__all__ = [
    "EXCHANGE_JOB",
    "REASONS",
    "Adjustment",
    "Decided",
    "Deed",
    "Done",
    "Exchange",
    "Partnership",
    "Question",
    "Reversal",
    "Spend",
    "Waiting",
    "adjust",
    "answered",
    "ask",
    "convert",
    "deed",
    "deeds_of",
    "donate",
    "exchange",
    "find_exchange",
    "laws",
    "parties_of",
    "partner_with",
    "reverse",
    "reverse_exchange",
    "reversible",
    "transfer",
    "wake",
]
