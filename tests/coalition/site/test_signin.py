"""Signing in over HTTP: who gets where, what never gets in, and how long guessing has to wait."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access, members, programs
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.errors import TooMany
from coalition.site import viewer
from tests.builders import a_partner, a_program
from tests.counting import statements
from wsgi import create_app

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def application(base_config: Config) -> Flask:
    """The application with three more pages: for a member, for finance, and one that shows its frame."""
    app = create_app(base_config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    frame = "{{ current_member.name }}|{{ current_member.available }}|{{ current_staff.name }}|{{ program_name }}"
    app.add_url_rule("/t/member", "t.member", lambda: viewer.require_member().name)
    app.add_url_rule("/t/finance", "t.finance", lambda: viewer.require_role("finance").name)
    app.add_url_rule("/t/frame", "t.frame", lambda: render_template_string(frame))
    return app


@pytest.fixture
def program(app: Flask) -> programs.Program:
    return a_program()


@pytest.fixture
def anna(program: programs.Program) -> access.User:
    profile = members.Profile(first_name="Anna", last_name="Ozola", email="anna@coral.example")
    enrolment = members.Enrolment(external_id="M-1", request_hash=bytes(32), profile=profile)
    member, _ = members.enrol(program.id, a_partner(program).id, enrolment)
    return access.create_user("Anna@Coral.example", PASSWORD, ["member"], f"member:{member.id}", program_id=program.id)


@pytest.fixture
def finance(app: Flask) -> access.User:
    return access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff")


@pytest.fixture
def forms_checked(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def sign_in(client: FlaskClient, email: str = "anna@coral.example", password: str = PASSWORD, **kwargs: Any) -> Any:
    return client.post("/login", data={"email": email, "password": password}, **kwargs)


def test_a_member_gets_to_the_account(client: FlaskClient, anna: access.User) -> None:
    answer = sign_in(client, "  ANNA@coral.example ")
    onwards = client.get(answer.location)

    assert (answer.status_code, onwards.status_code) == (303, 303)
    assert onwards.location == "/account"
    assert client.get("/t/member").text == "Anna Ozola"


def test_finance_gets_to_the_settlement(client: FlaskClient, finance: access.User) -> None:
    onwards = client.get(sign_in(client, "finance@coral.test").location)

    assert onwards.location == "/console/settlement"
    assert client.get("/t/finance").text == "Finance"


def test_a_member_is_no_staff_and_staff_are_no_members(
    client: FlaskClient, anna: access.User, finance: access.User
) -> None:
    sign_in(client)
    as_member = client.get("/t/finance").status_code
    client.post("/logout")
    sign_in(client, "finance@coral.test")
    as_staff = client.get("/t/member").status_code

    assert (as_member, as_staff) == (403, 403)


def test_whoever_is_not_signed_in_is_sent_there_and_back(client: FlaskClient, anna: access.User) -> None:
    sent = client.get("/t/member?page=2")
    back = client.post(sent.location, data={"email": "anna@coral.example", "password": PASSWORD})

    assert (sent.status_code, sent.location) == (303, "/login?next=/t/member?page%3D2")
    assert back.location == "/t/member?page=2"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(client: FlaskClient, anna: access.User, target: str) -> None:
    answer = client.post(
        "/login", query_string={"next": target}, data={"email": "anna@coral.example", "password": PASSWORD}
    )

    whither = urlsplit(urljoin("http://localhost/login", (answer.location or "").replace("\\", "/")))
    assert (whither.scheme, whither.netloc) == ("http", "localhost")


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(client: FlaskClient, anna: access.User) -> None:
    pages = {
        re.sub(r'value="[\w.-]+"|anna|nobody', "", sign_in(client, email, "wrong password 1").text)
        for email in ("anna@coral.example", "nobody@coral.example")
    }

    assert len(pages) == 1
    assert client.get("/t/member").status_code == 303


def test_a_user_who_was_switched_off_does_not_get_in_and_is_out_at_once(
    client: FlaskClient, anna: access.User, session: Session
) -> None:
    sign_in(client)
    session.execute(text("UPDATE user_account SET active = false"))
    session.expire_all()

    assert client.get("/t/member").status_code == 303
    assert sign_in(client).status_code == 200


def test_signing_out_ends_the_session_and_only_a_post_does(client: FlaskClient, anna: access.User) -> None:
    sign_in(client)

    by_link = client.get("/logout").status_code
    still_in = client.get("/t/member").status_code
    client.post("/logout")

    assert (by_link, still_in) == (405, 200)
    assert client.get("/t/member").status_code == 303


def test_the_session_cookie_is_guarded(client: FlaskClient, anna: access.User) -> None:
    cookie = sign_in(client).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_session_ends_after_twelve_hours(client: FlaskClient, anna: access.User) -> None:
    sign_in(client)

    with time_machine.travel(clock.now() + dt.timedelta(hours=12, minutes=1)):
        assert client.get("/t/member").status_code == 303


def test_five_failures_make_the_account_wait_ever_longer(client: FlaskClient, anna: access.User) -> None:
    start = clock.now()
    with time_machine.travel(start, tick=False) as now:
        failures = [sign_in(client, password="wrong password 1").status_code for _ in range(5)]
        right_but_early = sign_in(client)
        now.move_to(start + dt.timedelta(seconds=15))
        sixth = sign_in(client, password="wrong password 1").status_code
        seventh = sign_in(client)
        now.move_to(start + dt.timedelta(seconds=45))
        right = sign_in(client)

    assert failures == [200] * 5
    assert (right_but_early.status_code, right_but_early.headers["Retry-After"]) == (429, "16")
    assert sixth == 200
    assert (seventh.status_code, seventh.headers["Retry-After"]) == (429, "31")
    assert right.status_code == 303


def test_success_forgives_the_failures(client: FlaskClient, anna: access.User) -> None:
    for _ in range(4):
        sign_in(client, password="wrong password 1")
    sign_in(client)
    client.post("/logout")

    assert [sign_in(client, password="wrong password 1").status_code for _ in range(4)] == [200] * 4


def test_ten_failures_from_one_address_make_it_wait_whatever_the_account(
    client: FlaskClient, anna: access.User
) -> None:
    tried = [sign_in(client, f"user{at}@coral.example", "wrong password 1").status_code for at in range(10)]

    from_there = sign_in(client)
    from_elsewhere = sign_in(client, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})

    assert tried == [200] * 10
    assert from_there.status_code == 429
    assert from_elsewhere.status_code == 303


def test_many_accounts_from_few_addresses_hardly_reach_a_password(app: Flask) -> None:
    start, reached = clock.now().replace(minute=5), []
    with time_machine.travel(start, tick=False) as now:
        for at in range(10_000):
            now.move_to(start + dt.timedelta(seconds=at / 100))
            try:
                access.admit(f"user{at}@coral.example", f"198.51.100.{at % 50}")
                reached.append(at)
            except TooMany:
                continue

    assert reached[:500] == list(range(500))
    assert 0 < len(reached) - 500 <= 95  # one in a hundred of the others


def test_what_was_typed_as_an_address_is_not_kept(client: FlaskClient, session: Session, anna: access.User) -> None:
    sign_in(client, "my-secret-passphrase@oops.example", "wrong password 1")

    kept = str(session.execute(text("SELECT t::text FROM sign_in_throttle t")).all())

    assert "oops" not in kept


def test_every_form_needs_its_token(client: FlaskClient, anna: access.User, forms_checked: None) -> None:
    without = [sign_in(client).status_code, client.post("/logout").status_code, client.post("/preferences").status_code]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert token is not None
    form = {"email": "anna@coral.example", "password": PASSWORD, "csrf_token": token.group(1)}

    assert without == [400, 400, 400]
    assert client.post("/login", data=form).status_code == 303
    assert client.post("/oauth/token").status_code == 400  # OAuth's own answer: bearers need no form token
    assert client.post("/oauth/token").json["error"] == "invalid_request"


@pytest.mark.parametrize(
    "body",
    ['{"email": "a@b.c", "password": "x"}', "[" * 100_000, '{"a": 1e999}', "\ud83d".encode("utf-8", "surrogatepass")],
)
def test_a_page_takes_forms_and_no_json(client: FlaskClient, app: Flask, body: Any) -> None:
    assert client.post("/login", data=body, content_type="application/json").status_code == 415


@pytest.mark.parametrize("email", ["", "x", "a@" + "b" * 10_000 + ".example", "мой@адрес.рф", "'--@x.y"])
def test_a_strange_address_is_only_a_wrong_one(client: FlaskClient, app: Flask, email: str) -> None:
    assert sign_in(client, email, "pass word \ufffd" * 20).status_code == 200


@pytest.mark.parametrize(("email", "password"), [("a\0b@c.example", "password"), ("a@c.example", "pass\0word")])
def test_no_sign_in_is_read_that_holds_a_nul(client: FlaskClient, app: Flask, email: str, password: str) -> None:
    assert sign_in(client, email, password).status_code == 400


def test_the_frame_shows_who_is_there(client: FlaskClient, anna: access.User, program: programs.Program) -> None:
    before = client.get("/t/frame").text
    sign_in(client)

    assert before == "|||Coral Club"
    assert client.get("/t/frame").text == "Anna Ozola|0||Coral Club"


def test_a_visitor_costs_one_question_for_the_programs_name(client: FlaskClient, app: Flask) -> None:
    with statements() as asked:
        client.get("/t/frame")
        client.get("/static/app.css")

    assert [statement for statement in asked if "FROM program" not in statement and "SAVEPOINT" not in statement] == []
    assert sum("FROM program" in statement for statement in asked) == 1


def test_passwords_are_kept_as_argon2id(session: Session, anna: access.User) -> None:
    kept = session.execute(text("SELECT password FROM user_account")).scalar_one()

    assert kept.startswith("$argon2id$")


def test_signing_in_leaves_a_trail(client: FlaskClient, session: Session, anna: access.User) -> None:
    sign_in(client)

    row = session.execute(text("SELECT actor, subject FROM audit WHERE action = 'user.signed_in'")).one()

    assert tuple(row) == (f"user:{anna.id}", f"user:{anna.id}")


def test_the_sign_in_page_speaks_russian(client: FlaskClient, anna: access.User) -> None:
    client.set_cookie("language", "ru")

    page = sign_in(client, password="wrong password 1").text

    assert "Authentication failed" not in page
    assert 'lang="ru"' in page
