"""Coming in by mail: invitations, registering, a new password. Strangers learn nothing from what they are answered."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, members, partners, programs
from coalition.kernel import clock
from coalition.kernel.db import fetch_one
from tests.coalition.site.entering.conftest import Box, is_in, sign_in

NEW = {"password": "another horse battery", "again": "another horse battery"}
JOINED = {**NEW, "first_name": "Berta", "last_name": "Kalna", "rules": "1", "personal_data": "1"}


def plain(answer: Any) -> tuple[int, str | None, str]:
    """What somebody learns from an answer."""
    return answer.status_code, answer.location, re.sub(r'value="[\w.-]{40,}"', "", answer.text)


@pytest.fixture
def card(program: programs.Program) -> str:
    """The card of a member whom a shop has enrolled with this address."""
    shop = partners.join(program.id, "shop", "Shop", kind="retail")
    profile = members.Profile(first_name="Berta", email="Berta@coral.test")
    keys = (("card", "9843000000005000"), ("email", "berta@coral.test"))
    members.enrol(program.id, shop.id, members.Enrolment("B", bytes(32), profile=profile, identifiers=keys))
    return "9843000000005000"


def test_an_invitation_is_a_link_that_is_good_once(app: Flask, program: programs.Program, box: Box) -> None:
    access.invite("new@coral.test", ["finance"], "staff", house="Coral Club")
    token, client = box.token("new@coral.test"), app.test_client()
    page = client.get(f"/invitation?token={token}")
    accepted = client.post("/invitation", data={"token": token, **NEW})

    assert "new@coral.test" in page.text
    assert 'content="no-referrer"' in page.text
    assert accepted.status_code == 303
    assert is_in(client)
    assert app.test_client().post("/invitation", data={"token": token, **NEW}).status_code == 404
    assert app.test_client().get(f"/invitation?token={token}").status_code == 404


@pytest.mark.parametrize("change", [{"password": "short", "again": "short"}, {"again": "something else"}])
def test_a_bad_password_uses_no_invitation_up(
    app: Flask, program: programs.Program, box: Box, change: dict[str, str]
) -> None:
    access.invite("new@coral.test", ["finance"], "staff")
    token, client = box.token("new@coral.test"), app.test_client()

    assert client.post("/invitation", data={"token": token, **NEW, **change}).status_code == 422
    assert client.post("/invitation", data={"token": token, **NEW}).status_code == 303


@pytest.mark.parametrize("page", ["/reset", "/join"])
def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(
    app: Flask, client: FlaskClient, anna: access.User, page: str
) -> None:
    answers = [plain(client.post(page, data={"email": email})) for email in (anna.email, "nobody@coral.test")]
    asked = "SELECT count(*) AS jobs, (SELECT count(*) FROM letter) AS letters FROM job WHERE kind = 'people.answer'"
    row = fetch_one(asked)

    assert answers[0] == answers[1]
    assert row is not None
    assert (row.jobs, row.letters) == (2, 0)


def test_no_address_lies_open_in_the_queue(client: FlaskClient, anna: access.User) -> None:
    client.post("/reset", data={"email": "somebody@coral.test"})

    row = fetch_one("SELECT args::text AS args FROM job WHERE kind = 'people.answer'")
    assert row is not None
    assert "somebody" not in row.args


def test_a_stranger_asking_for_a_password_makes_no_mail(client: FlaskClient, anna: access.User, box: Box) -> None:
    client.post("/reset", data={"email": "nobody@coral.test"})

    assert box.fetch() == []


def test_one_mailbox_is_not_flooded_and_one_address_does_not_ask_for_all(
    client: FlaskClient, anna: access.User, box: Box
) -> None:
    mailbox = [client.post("/reset", data={"email": anna.email}).status_code for _ in range(6)]
    spread = [client.post("/reset", data={"email": f"u{at}@coral.test"}).status_code for at in range(16)]

    assert mailbox[:4] == [303] * 4
    assert mailbox[-1] == 429
    assert spread[-1] == 429
    assert len(box.fetch(anna.email)) <= 5


def test_a_new_password_by_mail_ends_every_session_and_the_link(
    app: Flask, client: FlaskClient, anna: access.User, box: Box
) -> None:
    old = sign_in(app.test_client(), anna.email)
    client.post("/reset", data={"email": " ANNA@coral.test "})
    token = box.token(anna.email)
    chosen = client.post("/reset/choose", data={"token": token, **NEW})

    assert (chosen.status_code, chosen.location) == (303, "/login?done=reset")
    assert not is_in(old)
    assert not is_in(sign_in(app.test_client(), anna.email))
    assert is_in(sign_in(client, anna.email, NEW["password"]))
    assert client.post("/reset/choose", data={"token": token, **NEW}).status_code == 404
    assert box.fetch(anna.email)[-1].subject == "Your password was changed"


def test_a_link_for_a_password_ends_after_an_hour_and_by_a_later_one(
    client: FlaskClient, anna: access.User, box: Box
) -> None:
    client.post("/reset", data={"email": anna.email})
    first = box.token(anna.email)
    client.post("/reset", data={"email": anna.email})
    second = box.token(anna.email)

    assert client.get(f"/reset/choose?token={first}").status_code == 404
    with time_machine.travel(clock.now() + dt.timedelta(hours=1, seconds=1)):
        assert client.get(f"/reset/choose?token={second}").status_code == 404


def test_whoever_is_switched_off_gets_no_new_password(client: FlaskClient, anna: access.User, box: Box) -> None:
    access.switch_person(anna.id, False)
    client.post("/reset", data={"email": anna.email})

    assert box.fetch() == []


def test_a_link_of_one_kind_opens_nothing_else(client: FlaskClient, anna: access.User, box: Box) -> None:
    client.post("/reset", data={"email": anna.email})
    token = box.token(anna.email)

    assert client.get(f"/join/finish?token={token}").status_code == 404
    assert client.get(f"/invitation?token={token}").status_code == 404
    assert client.post("/security/email/confirm", data={"token": token}).status_code == 404


def test_a_visitor_becomes_a_member_with_the_texts_agreed_to(
    app: Flask, client: FlaskClient, program: programs.Program, box: Box
) -> None:
    client.post("/join", data={"email": "Berta@coral.test"})
    token = box.token("berta@coral.test")
    page = client.get(f"/join/finish?token={token}")
    joined = client.post("/join/finish", data={"token": token, **JOINED})
    user = access.user_by_owner(f"member:{_member(program, 'berta@coral.test')}")

    assert "berta@coral.test" in page.text
    assert (joined.status_code, joined.location) == (303, "/welcome")
    assert user is not None
    consents = members.consents(int(user.owner_ref.partition(":")[2]))
    assert {one.purpose for one in consents} == {"rules", "personal_data"}
    assert is_in(client)
    assert app.test_client().post("/join/finish", data={"token": token, **JOINED}).status_code == 404


@pytest.mark.parametrize("lacking", ["rules", "personal_data", "first_name", "last_name"])
def test_nobody_joins_without_saying_what_is_needed(
    client: FlaskClient, program: programs.Program, box: Box, lacking: str
) -> None:
    client.post("/join", data={"email": "berta@coral.test"})
    form = {"token": box.token("berta@coral.test"), **JOINED}
    form.pop(lacking)

    assert client.post("/join/finish", data=form).status_code == 422
    assert access.user_by_owner("member:1") is None


def test_a_member_who_joins_again_is_told_so_by_mail_alone(client: FlaskClient, anna: access.User, box: Box) -> None:
    client.post("/join", data={"email": anna.email})

    [mail] = box.fetch(anna.email)
    assert mail.subject == "You are a member of Coral Club already"
    assert "token=" not in mail.text


def test_a_card_is_linked_by_the_address_on_its_file(
    client: FlaskClient, program: programs.Program, card: str, box: Box
) -> None:
    client.post("/join", data={"email": "berta@coral.test"})
    token = box.token("berta@coral.test")
    without = client.post("/join/finish", data={"token": token, **JOINED})
    with_it = client.post("/join/finish", data={"token": token, **JOINED, "card": card})

    assert without.status_code == 422
    assert with_it.status_code == 303
    assert access.user_by_owner(f"member:{_member(program, 'berta@coral.test')}") is not None


def test_a_card_and_a_name_prove_nothing(client: FlaskClient, program: programs.Program, card: str, box: Box) -> None:
    client.post("/join", data={"email": "thief@coral.test"})
    token = box.token("thief@coral.test")
    answers = [
        plain(client.post("/join/finish", data={"token": token, **JOINED, "card": number}))
        for number in (card, "9843000000009999")
    ]

    assert answers[0][0] == 422
    assert answers[0][2].replace(card, "") == answers[1][2].replace("9843000000009999", "")
    for _ in range(4):
        client.post("/join/finish", data={"token": token, **JOINED, "card": card})
    assert client.post("/join/finish", data={"token": token, **JOINED, "card": card}).status_code == 429


def _member(program: programs.Program, email: str) -> int:
    found = members.identify(program.id, partners.operator(program.id).id, [("email", email)])
    return found[("email", email)]
