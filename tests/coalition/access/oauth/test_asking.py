"""The authorization endpoint: cases 1 to 14 of the security plan (RFC 6749, RFC 7636, RFC 9207, RFC 9700)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access
from coalition.kernel.db import transact
from tests.builders import a_partner, a_program
from tests.coalition.access.oauth.app import CALLBACK, ISSUER, PASSWORD, App, answer_of, sign_in
from tests.coalition.members.builders import a_member

ELSEWHERE = [
    f"{CALLBACK}/",
    f"{CALLBACK}?x=1",
    f"{CALLBACK}#x",
    "https://app.example/BACK",
    "https://APP.example/back",
    "https://app.example@evil.example/back",
    "https://app.example:443/back",
    "https://app.example:8443/back",
    "http://app.example/back",
    "https://app%2eexample/back",
    "https://app.example/other/../back",
    "https://app.example/%2e%2e/back",
    "https://app.example.evil.example/back",
    "https://my.app.example/back",
    "https://app.example/back?next=https://evil.example",
    "https://app.example//back",
    "https://app.example\\@evil.example/back",
    " https://app.example/back",
    "https://app.example/back ",
    "https://app.example/back\0",
    "https://app.example/back\r\nX-Evil: 1",
    "//app.example/back",
    "javascript:alert(1)",
    "",
]
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "response_type=token": ("unsupported_response_type", {"response_type": "token"}),
    "response_type=id_token": ("unsupported_response_type", {"response_type": "id_token"}),
    "response_type=code token": ("unsupported_response_type", {"response_type": "code token"}),
    "no response_type": ("invalid_request", {"response_type": None}),
    "a scope beyond the app's": ("invalid_scope", {"scope": "me purchases:write"}),
    "an unknown scope": ("invalid_scope", {"scope": "everything"}),
    "no challenge": ("invalid_request", {"code_challenge": None}),
    "no method": ("invalid_request", {"code_challenge_method": None}),
    "plain": ("invalid_request", {"code_challenge_method": "plain"}),
    "s256 in small letters": ("invalid_request", {"code_challenge_method": "s256"}),
    "a short challenge": ("invalid_request", {"code_challenge": "a" * 42}),
    "a challenge of other letters": ("invalid_request", {"code_challenge": "=" * 43}),
    "response_mode=fragment": ("invalid_request", {"response_mode": "fragment"}),
    "response_mode=form_post": ("invalid_request", {"response_mode": "form_post"}),
    "response_mode=web_message": ("invalid_request", {"response_mode": "web_message"}),
    "prompt=none": ("consent_required", {"prompt": "none"}),
    "prompt=login": ("invalid_request", {"prompt": "login"}),
    "a request object": ("request_not_supported", {"request": "eyJhbGciOiJub25lIn0.e30."}),
    "a request by address": ("request_not_supported", {"request_uri": "https://app.example/r"}),
}


def codes(session: Session) -> int:
    return int(session.execute(text("SELECT count(*) FROM oauth_code")).scalar_one())


def test_01_an_unknown_app_gets_a_page_and_no_redirect(shopper: App) -> None:
    access.set_client_active(shopper.client_id, False)
    answers = [
        shopper.ask(),
        *(shopper.ask(client_id=name) for name in ("client_nobody", "", None, "a\0b", "x" * 9000)),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert all("Location" not in answer.headers and answer.mimetype == "text/html" for answer in answers)


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_02_only_the_registered_address_is_ever_gone_to(shopper: App, session: Session, uri: str) -> None:
    answers = [
        shopper.ask(redirect_uri=uri),
        shopper.decide(redirect_uri=uri),
        shopper.decide("deny", redirect_uri=uri),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert all("Location" not in answer.headers for answer in answers)
    assert codes(session) == 0


@pytest.mark.parametrize("case", WRONG)
def test_03_no_error_of_any_type_goes_to_an_address_that_is_not_registered(shopper: App, case: str) -> None:
    _, changed = WRONG[case]

    answers = [
        shopper.ask(**changed, redirect_uri="https://evil.example/"),
        shopper.ask(**changed, client_id="no_body"),
    ]

    assert all(answer.status_code == 400 and "Location" not in answer.headers for answer in answers)


@pytest.mark.parametrize("case", WRONG)
def test_04_05_06_10_14_what_is_not_given_is_answered_to_the_app_by_query(
    shopper: App, session: Session, case: str
) -> None:
    error, changed = WRONG[case]

    answers = [answer_of(shopper.ask(**changed)), answer_of(shopper.decide(**changed))]

    assert {answer["error"] for answer in answers} == {error}
    assert all(answer["state"] == "s t&a=t?e" and answer["iss"] == ISSUER for answer in answers)
    assert all("code" not in answer for answer in answers)
    assert codes(session) == 0


def test_05_a_confidential_app_needs_pkce_as_well(server: App) -> None:
    missing = [server.ask(code_challenge=None, code_challenge_method=None), server.ask(code_challenge_method="plain")]

    assert {answer_of(answer)["error"] for answer in missing} == {"invalid_request"}


@pytest.mark.parametrize("name", ["response_type", "scope", "state", "code_challenge", "code_challenge_method", "x"])
def test_07_a_parameter_that_comes_twice_is_refused(shopper: App, name: str) -> None:
    asked = [*shopper.address().items(), (name, "a"), (name, "b")]

    answer = answer_of(shopper.browser.get(f"/oauth/authorize?{urlencode(asked)}"))
    posted = shopper.browser.post(f"/oauth/authorize?{name}=c", data=shopper.address(**{name: "d"}))

    assert answer["error"] == "invalid_request"
    assert answer_of(posted)["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_07_who_asks_and_where_to_cannot_be_said_twice(shopper: App, name: str) -> None:
    asked = [*shopper.address().items(), (name, shopper.address()[name])]

    answer = shopper.browser.get(f"/oauth/authorize?{urlencode(asked)}")

    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize("state", ["x", "a b+c&d=e?f#g%20/\"'<>\\", "~" * 2000, ""])
def test_08_the_state_comes_back_as_it_was(shopper: App, state: str) -> None:
    given = dict(parse_qsl(urlsplit(shopper.decide(state=state).headers["Location"]).query, keep_blank_values=True))

    assert given["state"] == state
    assert "code" in given


@pytest.mark.parametrize("state", ["~" * 2001, "a\r\nb", "é", "\0"])
def test_08_a_state_that_cannot_be_carried_is_refused_and_not_echoed(shopper: App, state: str) -> None:
    answer = answer_of(shopper.ask(state=state))

    assert answer["error"] == "invalid_request"
    assert "state" not in answer


def test_09_the_answer_and_the_metadata_name_the_same_issuer(shopper: App) -> None:
    facts = shopper.browser.get("/.well-known/oauth-authorization-server").json

    answers = [answer_of(shopper.decide()), answer_of(shopper.decide("deny"))]

    assert {answer["iss"] for answer in answers} == {facts["issuer"]}
    assert facts["authorization_response_iss_parameter_supported"] is True


def test_10_a_partner_s_client_without_a_member_s_scope_can_ask_nobody(shopper: App, session: Session) -> None:
    tills, _ = access.create_client(
        shopper.program.id, shopper.partner.id, "Tills", ["members:read"], redirect_uris=[CALLBACK]
    )

    answers = [answer_of(shopper.decide(client_id=tills, scope=scope)) for scope in ("me", "members:read", None)]

    assert {answer["error"] for answer in answers} == {"invalid_scope"}
    assert codes(session) == 0


def test_11_the_consent_page_says_who_asks_for_what_and_for_whom(shopper: App) -> None:
    page = shopper.ask()

    assert page.status_code == 200
    for told in ("Shopper", shopper.partner.name, "See your name", "https://app.example", "90 days", "Sign out"):
        assert told in page.text


def test_11_the_consent_page_speaks_russian(shopper: App) -> None:
    page = shopper.browser.get("/oauth/authorize", query_string=shopper.address(), headers={"Accept-Language": "ru"})

    assert "Разрешить доступ приложению Shopper?" in page.text


def test_11_the_consent_page_cannot_be_framed_nor_kept_and_may_lead_to_the_app_alone(shopper: App) -> None:
    page = shopper.ask()
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))

    assert page.headers["X-Frame-Options"] == "DENY"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self' https://app.example"
    assert "script" not in page.text.split("<main", 1)[1]


def test_11_what_an_app_calls_itself_is_text_and_nothing_else(shopper: App) -> None:
    bold = shopper.alike()
    transact(lambda: _rename(bold.client_id, "<b>Bank</b>"))

    page = bold.ask(state='"><script>x</script>')

    assert "&lt;b&gt;Bank&lt;/b&gt;" in page.text
    assert "<script>x" not in page.text


@pytest.fixture
def guarded(shopper: App, app: Flask) -> Iterator[App]:
    """The same with the protection against forged forms that tests do without."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield shopper
    app.config["WTF_CSRF_ENABLED"] = False


def test_11_13_a_forged_consent_and_a_forged_sign_in_are_refused(guarded: App, session: Session) -> None:
    forged = guarded.decide()
    sign_in_elsewhere = guarded.app.test_client().post("/login", data={"email": "a@b.example", "password": PASSWORD})

    token = re.search(
        r'name="csrf_token" value="([^"]+)"[^>]*>\s*<input type="hidden" name="response_type"', guarded.ask().text
    )
    assert token is not None
    asked = guarded.address() | {"decision": "allow", "csrf_token": token[1]}
    true = guarded.browser.post("/oauth/authorize", data=asked)

    assert forged.status_code == sign_in_elsewhere.status_code == 400
    assert "Location" not in forged.headers
    assert "code" in answer_of(true)
    assert codes(session) == 1


def test_11_nothing_but_allow_is_a_yes(shopper: App, session: Session) -> None:
    answers = [answer_of(shopper.decide(decision)) for decision in ("deny", "", "ALLOW", "yes")]

    assert {answer["error"] for answer in answers} == {"access_denied"}
    assert codes(session) == 0


def test_12_after_signing_in_the_member_comes_back_by_303(shopper: App) -> None:
    stranger = shopper.app.test_client()
    sent = stranger.get("/oauth/authorize", query_string=shopper.address())

    came = stranger.post(sent.headers["Location"], data={"email": "anna@coral.example", "password": PASSWORD})
    page = stranger.get(came.headers["Location"])

    assert sent.status_code == came.status_code == 303
    assert sent.headers["Location"].startswith("/login?next=")
    assert page.status_code == 200
    assert "Shopper" in page.text


def test_12_signing_in_leads_to_no_other_site(shopper: App) -> None:
    for place in ("https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example"):
        stranger = shopper.app.test_client()

        came = sign_in_to(stranger, place)

        went = came.headers.get("Location", "/")
        assert went.startswith("/")
        assert not went.startswith(("//", "/\\"))


def test_13_who_is_not_signed_in_gives_no_code_and_who_is_sees_whose_consent_it_is(
    shopper: App, session: Session
) -> None:
    stranger = shopper.app.test_client()

    posted = stranger.post("/oauth/authorize", data=shopper.address() | {"decision": "allow"})

    assert (posted.status_code, posted.headers["Location"].startswith("/login")) == (303, True)
    assert codes(session) == 0
    assert "You are signed in as" in shopper.ask().text


def test_13_staff_and_partners_people_and_members_of_another_program_consent_to_nothing(
    shopper: App, app: Flask, session: Session
) -> None:
    def work() -> None:
        other = a_program()
        owner = f"member:{a_member(other, a_partner(other)).id}"
        access.create_user("boris@other.example", PASSWORD, ["member"], owner, program_id=other.id)
        access.create_user("boss@coral.example", PASSWORD, ["admin"], "staff")

    transact(work)
    for email in ("boris@other.example", "boss@coral.example"):
        browser = app.test_client()
        sign_in(browser, email)
        answers = [
            browser.get("/oauth/authorize", query_string=shopper.address()),
            browser.post("/oauth/authorize", data=shopper.address() | {"decision": "allow"}),
        ]
        assert {answer.status_code for answer in answers} == {403}

    assert codes(session) == 0


def sign_in_to(browser: FlaskClient, place: str) -> Any:
    form = {"email": "anna@coral.example", "password": PASSWORD}
    return browser.post(f"/login?next={quote(place)}", data=form)


def _rename(client_id: str, name: str) -> None:
    from coalition.kernel.db import execute

    execute("UPDATE oauth_client SET name = :name WHERE client_id = :id", {"name": name, "id": client_id})


def test_an_address_with_a_query_of_its_own_keeps_it(shopper: App) -> None:
    callback = f"{CALLBACK}?from=coalition"
    other = shopper.alike(kind="public", redirect_uris=[callback])

    answer = answer_of(other.decide(redirect_uri=callback), callback)

    assert answer["from"] == "coalition"
    assert "code" in answer


def test_an_app_on_a_phone_is_gone_back_to_by_its_own_scheme(shopper: App) -> None:
    callback = "example.app.shopper:/back"
    phone = shopper.alike(kind="public", redirect_uris=[callback])

    page, answer = phone.ask(redirect_uri=callback), phone.decide(redirect_uri=callback)

    assert "form-action 'self' example.app.shopper:" in page.headers["Content-Security-Policy"]
    assert answer.headers["Location"].startswith(f"{callback}?code=")
