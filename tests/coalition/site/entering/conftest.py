"""A program, a mail server of the test's own, and people with browsers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, members, partners, programs
from coalition.kernel import jobs, ports
from coalition.ports import Mail, Mailer
from tests.builders import a_program

PASSWORD = "correct horse battery"


@dataclass
class Box:
    """A mailbox for everybody."""

    mails: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    def fetch(self, recipient: str = "") -> list[Mail]:
        """What has come to somebody, once the jobs are done."""
        jobs.run_due()
        return [mail for mail in self.mails if recipient in ("", mail.recipient)]

    def token(self, recipient: str) -> str:
        """The token of the last link that came to somebody."""
        found = re.search(r"\?token=([\w-]+)", self.fetch(recipient)[-1].text)
        assert found is not None
        return found.group(1)

    def code(self, recipient: str) -> str:
        """The code that the last letter holds."""
        found = re.search(r"^\d{6}$", self.fetch(recipient)[-1].text, re.MULTILINE)
        assert found is not None
        return found.group()


@pytest.fixture
def box(app: Flask) -> Box:
    found = Box()
    ports.bind(Mailer, found)
    return found


@pytest.fixture
def program(app: Flask) -> programs.Program:
    return a_program()


@pytest.fixture
def anna(program: programs.Program) -> access.User:
    """A member."""
    profile = members.Profile(first_name="Anna", last_name="Ozola", email="anna@coral.test")
    enrolment = members.Enrolment(external_id="M-1", request_hash=bytes(32), profile=profile)
    member, _ = members.enrol(program.id, partners.operator(program.id).id, enrolment)
    return access.create_user("anna@coral.test", PASSWORD, ["member"], f"member:{member.id}", program_id=program.id)


@pytest.fixture
def staff(program: programs.Program) -> access.User:
    """Somebody of the support."""
    return access.create_user("staff@coral.test", PASSWORD, ["support"], "staff")


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> FlaskClient:
    """The browser, after a right or wrong password."""
    client.post("/login", data={"email": email, "password": password})
    return client


def enter_by_code(client: FlaskClient, email: str, box: Box) -> None:
    """Sign in with a browser that is new, by the code out of the mailbox."""
    assert sign_in(client, email).post("/browser", data={"code": box.code(email)}).status_code == 303


def is_in(client: FlaskClient) -> bool:
    """Whether somebody is signed in in this browser."""
    return client.get("/security").status_code == 200


@pytest.fixture
def browser(app: Flask, staff: access.User) -> FlaskClient:
    """The browser in which the support is signed in."""
    return sign_in(app.test_client(), "staff@coral.test")
