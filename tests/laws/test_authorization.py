"""Who may call what: every route, with every method, by everybody who could knock, against `authorization.yaml`.

The table is written by hand and the routes are read from the application, so a route that nobody thought about fails.
Somebody is turned away by 401, 403 or the way to the sign-in page; any other answer below 500 means: admitted.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from flask import Flask
from werkzeug.test import TestResponse

from coalition import access, members
from coalition.kernel.config import Config
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden, NotFound
from tests.builders import a_partner, a_program
from tests.coalition.access.oauth.app import CALLBACK, a_token_of
from wsgi import create_app

TABLE = yaml.safe_load((Path(__file__).parent / "authorization.yaml").read_text(encoding="utf-8"))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BEARER = "bearer "
_FILE = ".<any(csv, xlsx):form>"
_PASSWORD = "correct horse battery"
_PARTS = {"int": "987654321", "any": None, "path": "x", "default": "x"}


class Row(NamedTuple):
    """A method of a route; it is written into the table as `METHOD /rule`."""

    method: str
    rule: str

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


class Visitor(NamedTuple):
    """Somebody who knocks: the name of the column and the headers that prove it."""

    name: str
    headers: dict[str, str]


def rows(app: Flask) -> list[Row]:
    """Every method of every route that the application answers."""
    return sorted({Row(m, str(r.rule)) for r in app.url_map.iter_rules() for m in set(METHODS) & (r.methods or set())})


def address(rule: str) -> str:
    """An address of the route, with parts that fit it and name nothing that exists."""
    return re.sub(r"<(?:([a-z]+)(?:\(([^)]*)\))?:)?[^>]+>", _part, rule)


def _part(found: re.Match[str]) -> str:
    choice = (found[2] or "").split(",")[0].strip(" '\"")
    return choice or _PARTS[found[1] or "default"] or "x"


def page_of(row: Row) -> Row:
    """The row itself; for a list as a file that has none, its page: a list is for the same eyes in any form."""
    return row if str(row) in TABLE["rows"] else row._replace(rule=row.rule.removesuffix(_FILE))


def audience(row: Row) -> str:
    """Whom the table admits to this row: the name of an audience, or the scope that a token needs."""
    return str(TABLE["rows"][str(page_of(row))])


def admits(row: Row, column: str) -> bool:
    """Whether the table lets this column in."""
    named = audience(row)
    if named.startswith(BEARER):
        return column == named
    columns = TABLE["audiences"][named]
    reads = row.method == "GET" and bool(set(columns) & set(TABLE["staff"]))
    return columns == "everybody" or column in columns or (column == "auditor" and reads)


@pytest.fixture(scope="module")
def application(base_config: Config) -> Flask:
    """The application with refusals that are quickly drawn: thousands are asked for, and nobody looks at one."""
    app = create_app(base_config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    for kind in (Forbidden, NotFound):
        app.register_error_handler(kind, lambda refusal: (refusal.code, refusal.status))
    for status in (404, 405):
        app.register_error_handler(status, lambda error: (error.name, error.code))
    return app


@pytest.fixture
def visitors(app: Flask) -> list[Visitor]:
    """Nobody, one person of each role, and for each scope a bearer of it alone and one of all the others."""
    return [Visitor("anonymous", {}), *transact(_bearers), *[_signed_in(app, role) for role in access.ROLES]]


def _bearers() -> list[Visitor]:
    partner = a_partner(a_program("authorization"), "northwind")
    for role in access.ROLES:
        _create(role, partner.program_id, partner.id)
    client_id, secret = access.create_client(partner.program_id, partner.id, "test", access.SCOPES)
    found = []
    for scope in access.SCOPES:
        for name, scopes in ((scope, {scope}), (f"all but {scope}", set(access.SCOPES) - {scope})):
            token = access.issue_token(client_id, secret, scopes).value
            found.append(Visitor(BEARER + name, {"Authorization": f"Bearer {token}"}))
    return [*found, *_members_tokens(partner.program_id, partner.id, (client_id, secret))]


def _members_tokens(program_id: int, partner_id: int, partners: tuple[str, str]) -> list[Visitor]:
    """A token that speaks for the member; one that may do all but that is the partner's own, with all its scopes."""
    app, _ = access.create_client(program_id, partner_id, "app", ["me"], kind="public", redirect_uris=[CALLBACK])
    tokens = {"me": a_token_of("member@authorization.test", app)}
    tokens["all but me"] = access.issue_token(*partners, access.SCOPES).value
    return [Visitor(BEARER + name, {"Authorization": f"Bearer {token}"}) for name, token in tokens.items()]


def _create(role: str, program_id: int, partner_id: int) -> None:
    owner = "staff"
    if role in TABLE["audiences"]["members"]:
        enrolment = members.Enrolment(external_id=role, request_hash=bytes(32), profile=members.Profile())
        owner = f"member:{members.enrol(program_id, partner_id, enrolment)[0].id}"
    elif role in TABLE["audiences"]["people of partners"]:
        owner = f"partner:{partner_id}"
    program = None if owner == "staff" else program_id
    access.create_user(f"{role}@authorization.test", _PASSWORD, [role], owner, program_id=program)


def _signed_in(app: Flask, role: str) -> Visitor:
    browser = app.test_client()
    browser.post("/login", data={"email": f"{role}@authorization.test", "password": _PASSWORD})
    cookie = browser.get_cookie("session")
    assert cookie is not None, role
    return Visitor(role, {"Cookie": f"session={cookie.value}"})


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    known, written = {str(page_of(row)) for row in rows(app)}, set(TABLE["rows"])

    assert not known - written, f"write into {Path(__file__).parent.name}/authorization.yaml: {sorted(known - written)}"
    assert not written - known, f"no such routes any more: {sorted(written - known)}"


def test_the_table_names_only_audiences_and_scopes_that_exist(app: Flask) -> None:
    scopes = {BEARER + scope for scope in access.ALL_SCOPES}

    assert {audience(row) for row in rows(app)} <= set(TABLE["audiences"]) | scopes


def test_the_scope_of_each_endpoint_is_the_one_in_the_table(app: Flask) -> None:
    views = {
        Row(m, str(r.rule)): app.view_functions[r.endpoint] for r in app.url_map.iter_rules() for m in r.methods or ()
    }
    declared = {str(row): BEARER + views[row].scope for row in rows(app) if hasattr(views[row], "scope")}

    assert declared == {row: named for row, named in TABLE["rows"].items() if named.startswith(BEARER)}


def test_everybody_gets_exactly_where_the_table_says(app: Flask, visitors: list[Visitor]) -> None:
    ordered = sorted(rows(app), key=lambda row: row.rule == "/logout")  # the last thing that anybody does
    wrong = [told for row in ordered for one in _callers(row, visitors) if (told := _call(app, row, one))]

    assert not wrong, "\n".join([f"{len(wrong)} cells are wrong", *wrong[:40]])


def test_a_method_that_a_route_does_not_have_is_refused(app: Flask) -> None:
    client, known, routes = app.test_client(use_cookies=False), set(rows(app)), app.url_map.bind("localhost")
    absent = [
        Row(m, rule) for rule in sorted({row.rule for row in known}) for m in METHODS if Row(m, rule) not in known
    ]
    absent = [row for row in absent if not routes.test(address(row.rule), row.method)]  # a neighbour may answer there

    answers = {row: client.open(address(row.rule), method=row.method).status_code for row in absent}

    assert len(answers) > 1000
    assert {row: status for row, status in answers.items() if status not in (404, 405)} == {}


def _callers(row: Row, visitors: list[Visitor]) -> list[Visitor]:
    """Who is to knock here: everybody without a token, and two with one, where a token counts for something."""
    scope = audience(row).removeprefix(BEARER)
    tokens = {BEARER + scope, f"{BEARER}all but {scope}"}
    return [one for one in visitors if one.name in tokens or not one.name.startswith(BEARER)]


def _call(app: Flask, row: Row, visitor: Visitor) -> str:
    """What is wrong with the answer, or nothing."""
    client = app.test_client(use_cookies=False)
    answer = client.open(address(row.rule), method=row.method, headers=visitor.headers)
    admitted = not _turned_away(answer)
    if answer.status_code < 500 and admitted is admits(row, visitor.name):
        return ""
    return f"{row}: {visitor.name} got {answer.status_code} {answer.location or answer.get_data(as_text=True)[:80]}"


def _turned_away(answer: TestResponse) -> bool:
    to_sign_in = answer.status_code in (302, 303) and (answer.location or "").partition("?")[0] == "/login"
    return answer.status_code in (401, 403) or to_sign_in
