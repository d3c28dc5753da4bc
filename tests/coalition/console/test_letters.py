"""Letters that nobody took: administrators see to whom and why, and have them sent after all."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import letters
from coalition.kernel.db import fetch_all, transact
from tests.coalition.console.conftest import signed_in

LIST = "/console/letters"


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return signed_in(app, "admin@coral.test", "admin")


def dead_letter(to: str) -> int:
    """A letter that the mail server refused."""

    def work() -> int:
        number = letters.post("reset", to, "en", token="told-to-nobody")
        letters.refused(number, "550 no such mailbox")
        return number

    return transact(work)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_dead_letter_is_sent_again_once_and_it_stands_in_the_trail(admin: FlaskClient, language: str) -> None:
    number = dead_letter("anna@coral.test")
    admin.set_cookie("language", language)
    shown = admin.get(LIST).text

    revived = [admin.post(f"{LIST}/{number}/revive").status_code for _ in range(2)]

    jobs = transact(lambda: fetch_all("SELECT 1 FROM job WHERE kind = 'letters.send' AND state = 'due'"))
    rows = transact(lambda: fetch_all("SELECT actor FROM audit WHERE action = 'letter.revived'"))
    assert "anna@coral.test" in shown and "550 no such mailbox" in shown
    assert "told-to-nobody" not in shown
    assert revived == [303, 404]
    assert transact(lambda: letters.opened(number)) is not None
    assert "anna@coral.test" not in admin.get(LIST).text
    assert (len(jobs), len(rows), rows[0].actor.partition(":")[0]) == (2, 1, "user")


def test_dead_letters_come_page_by_page_the_latest_first(app: Flask) -> None:
    numbers = [dead_letter(f"p{at}@coral.test") for at in range(5)]

    first = transact(lambda: letters.dead(None, 3))
    second = transact(lambda: letters.dead(first.next_cursor, 3))

    assert [one.id for one in (*first.items, *second.items)] == numbers[::-1]
    assert second.next_cursor is None


def test_auditors_look_and_send_nothing(app: Flask, admin: FlaskClient) -> None:
    number = dead_letter("anna@coral.test")
    auditor = signed_in(app, "auditor@coral.test", "auditor")

    assert "anna@coral.test" in auditor.get(LIST).text
    assert "Send again" not in auditor.get(LIST).text
    assert auditor.post(f"{LIST}/{number}/revive").status_code == 403
