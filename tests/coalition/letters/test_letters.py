"""Letters: written with what they tell of, sent by a job, tried again, and given up after a day."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from coalition import letters
from coalition.jobs.letters import worded
from coalition.kernel import clock, jobs, laws, ports
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import NotFound
from coalition.ports import Mail, Mailer, MailRefused, MailUnreachable

KINDS = sorted(path.stem for path in Path("coalition/templates/letters").glob("*.txt"))


class Box:
    """A mail server of the test's own: keeps what it is given, or answers what it is told to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.mood: Exception | None = None

    def send(self, mail: Mail) -> None:
        if self.mood:
            raise self.mood
        self.mails.append(mail)


@pytest.fixture
def box(app: Flask) -> Box:
    found = Box()
    ports.bind(Mailer, found)
    return found


def post(**facts: Any) -> int:
    return transact(lambda: letters.post("invitation", "anna@coral.test", "en", page="/invitation", **facts))


def standing(letter_id: int) -> Any:
    return fetch_one("SELECT state, attempts, sealed, error FROM letter WHERE id = :id", {"id": letter_id})


def test_a_letter_goes_after_the_commit_and_is_forgotten(box: Box) -> None:
    letter_id = post(token="t0k3n", house="Coral Club")
    jobs.run_due()

    [mail] = box.mails
    assert (mail.recipient, mail.subject) == ("anna@coral.test", "You are invited to Coral Club")
    assert "http://127.0.0.1:5000/invitation?token=t0k3n" in mail.text
    assert 'href="http://127.0.0.1:5000/invitation?token=t0k3n"' in mail.html
    assert tuple(standing(letter_id)) == ("sent", 1, None, None)


def test_what_is_rolled_back_is_never_sent(box: Box) -> None:
    def fails() -> None:
        letters.post("invitation", "anna@coral.test", "en")
        raise KeyError

    with pytest.raises(KeyError):
        transact(fails)
    jobs.run_due()

    assert box.mails == []


def test_no_token_lies_open_in_the_database(box: Box) -> None:
    post(token="t0k3n")

    assert "t0k3n" not in str([*map(tuple, fetch_all("SELECT l::text FROM letter l"))]) + str(
        [*map(tuple, fetch_all("SELECT j::text FROM job j"))]
    )


def test_a_silent_server_is_asked_again_for_a_day_then_the_letter_is_dead_and_can_be_revived(box: Box) -> None:
    letter_id, box.mood = post(), MailUnreachable("nobody there")
    for _ in range(20):
        execute("UPDATE job SET due_at = now() WHERE state = 'due'")
        jobs.run_due()
    dead = standing(letter_id)
    box.mood = None
    transact(lambda: letters.revive(letter_id))
    jobs.run_due()

    assert (dead.state, dead.attempts, dead.error) == ("dead", 12, "nobody there")
    assert standing(letter_id).state == "sent"
    with pytest.raises(NotFound):
        letters.revive(letter_id)


def test_a_final_refusal_ends_the_letter_at_once(box: Box) -> None:
    letter_id, box.mood = post(), MailRefused("550 no such person")
    jobs.run_due()

    assert (standing(letter_id).state, standing(letter_id).attempts) == ("dead", 1)


def test_without_a_way_of_mails_letters_wait(app: Flask) -> None:
    letter_id = post()
    jobs.run_due()

    assert standing(letter_id).state == "waiting"
    assert "MAIL_URL" in standing(letter_id).error


def test_a_letter_that_was_sent_and_not_marked_goes_again_under_the_same_number(box: Box) -> None:
    letter_id = post()
    jobs.run_due()
    execute("UPDATE letter SET state = 'waiting', sealed = :s, closed_at = NULL", {"s": _sealed({})})
    execute("UPDATE job SET state = 'due', due_at = now()")
    jobs.run_due()

    assert [mail.number for mail in box.mails] == [f"letter-{letter_id}@127.0.0.1"] * 2


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_its_words_in_both_languages(app: Flask, kind: str, language: str) -> None:
    facts = {"page": "/x", "token": "t", "house": "<Coral>", "program": "<Coral>", "hint": "a…@x.test"}
    mail = worded(letters.Letter(1, kind, "anna@coral.test", language, facts))

    cyrillic = any("а" <= char <= "я" for char in mail.subject + mail.text)
    assert cyrillic is (language == "ru")
    assert 10 < len(mail.subject) < 90
    assert "<Coral>" not in mail.html
    assert f'lang="{language}"' in mail.html


def test_old_letters_are_forgotten(box: Box) -> None:
    post()
    jobs.run_due()
    with time_machine.travel(clock.now() + dt.timedelta(days=31)):
        assert letters.clear_old(10) == 1


def test_the_law_of_letters_sees_its_crime(box: Box) -> None:
    [law] = letters.laws()
    post()
    assert laws.offending(law) == 0

    execute("UPDATE job SET state = 'dead' WHERE kind = 'letters.send'")

    assert laws.offending(law) == 1


def _sealed(facts: dict[str, Any]) -> bytes:
    from coalition.kernel import sealing

    return sealing.seal(json.dumps(facts))
