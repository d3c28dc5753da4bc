"""The room of letters: what is to be said to somebody by mail, written in the transaction that made it true.

A letter is a kind, a recipient, a language and facts; what it says is a template of the jobs' door. Facts are sealed,
because they hold links that open an account, and they are forgotten once the letter has gone.
"""

from coalition.letters.laws import laws
from coalition.letters.outgoing import (
    JOB,
    Dead,
    Letter,
    clear_old,
    dead,
    failed,
    opened,
    post,
    refused,
    revive,
    sent,
)

__all__ = [
    "JOB",
    "Dead",
    "Letter",
    "clear_old",
    "dead",
    "failed",
    "laws",
    "opened",
    "post",
    "refused",
    "revive",
    "sent",
]
