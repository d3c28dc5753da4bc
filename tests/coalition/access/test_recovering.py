"""An account's address is changed by whoever shows the new mailbox, and belongs to one account alone."""

from __future__ import annotations

from functools import partial

from flask import Flask

from coalition import access
from coalition.access.links import make_link
from coalition.access.recovering import confirm_new_email
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict
from tests.racing import at_once

PASSWORD = "correct horse battery"
WANTED = "wanted@coral.test"


def test_of_eight_who_take_one_address_at_once_one_gets_it_and_the_others_are_told(live: Flask) -> None:
    with live.app_context():
        tokens = [transact(partial(_asking, number)) for number in range(8)]

    def confirm(token: str) -> str:
        try:
            return transact(partial(confirm_new_email, token)).email
        except Conflict as refusal:
            return refusal.code

    assert sorted(at_once(live, [partial(confirm, token) for token in tokens])) == ["user_exists"] * 7 + [WANTED]


def _asking(number: int) -> str:
    """The token by which a new user shows the wanted mailbox."""
    user = access.create_user(f"user{number}@coral.test", PASSWORD, ["support"], "staff")
    return make_link("email", WANTED, user_id=user.id)
