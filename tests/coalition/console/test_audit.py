"""The audit log: found by who, what, what about and when; read by auditors and administrators, changed by nobody."""

from __future__ import annotations

import csv
import datetime as dt
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from coalition import access
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, transact
from tests.coalition.console.conftest import PASSWORD, signed_in
from tests.coalition.purchases.builders import Shop
from tests.laws.test_authorization import address

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def auditor(app: Flask, shop: Shop) -> FlaskClient:
    return signed_in(app, "auditor@coral.test", "auditor")


@pytest.fixture
def deeds(app: Flask, shop: Shop) -> None:
    """Three deeds of two people."""

    def work() -> None:
        user = access.create_user("doer@coral.test", PASSWORD, ["support"], "staff")
        audit.set_origin(audit.Origin(f"user:{user.id}", "203.0.113.9", "req_of_this_deed"))
        audit.record("thing.made", "thing:1", colour="=red()")
        audit.record("thing.mended", "thing:1")
        audit.set_origin(audit.Origin("job:7"))
        audit.record("thing_x.made", "thing:2")

    transact(work)


def found(page: str) -> list[str]:
    return [deed for deed in ("thing.made", "thing.mended", "thing_x.made") if f"<code>{deed}</code>" in page]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["thing.made", "thing.mended", "thing_x.made"]),
        ({"who": "doer@coral.test"}, ["thing.made", "thing.mended"]),
        ({"who": " DOER@coral.test "}, ["thing.made", "thing.mended"]),
        ({"who": "job:7"}, ["thing_x.made"]),
        ({"who": "nobody@coral.test"}, []),
        ({"what": "thing."}, ["thing.made", "thing.mended"]),
        ({"what": "thing_"}, ["thing_x.made"]),
        ({"what": "%"}, []),
        ({"subject": "thing:1"}, ["thing.made", "thing.mended"]),
        ({"subject": "thing:1", "what": "thing.mended"}, ["thing.mended"]),
        ({"since": "2999-01-01"}, []),
        ({"until": "2020-01-01"}, []),
        ({"since": "no day", "until": "31.02.2026"}, ["thing.made", "thing.mended", "thing_x.made"]),
    ],
)
def test_deeds_are_found(auditor: FlaskClient, deeds: None, filters: dict[str, str], expected: list[str]) -> None:
    assert found(auditor.get("/console/audit", query_string=filters).text) == expected


def test_a_day_is_one_of_the_programs_zone(auditor: FlaskClient, deeds: None) -> None:
    today = clock.local_date(clock.now(), "Europe/Riga")
    days = [today - dt.timedelta(days=1), today]
    pages = [auditor.get("/console/audit", query_string={"since": day, "until": day}).text for day in days]

    assert [len(found(page)) for page in pages] == [0, 3]


def test_a_deed_says_who_did_it_and_from_where(auditor: FlaskClient, deeds: None) -> None:
    page = auditor.get("/console/audit?what=thing.made").text

    assert "doer@coral.test" in page
    assert "203.0.113.9" in page
    assert "=red()" in page


def test_the_log_leaves_as_a_file_by_its_filters_and_no_cell_is_a_formula(auditor: FlaskClient, deeds: None) -> None:
    answer = auditor.get("/console/audit.csv?subject=thing:1&separator=comma")
    rows = list(csv.reader(StringIO(answer.get_data().decode("utf-8-sig"))))

    assert [row[3] for row in rows[1:]] == ["thing.mended", "thing.made"]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_the_log_goes_on_page_by_page(auditor: FlaskClient, app: Flask) -> None:
    transact(lambda: [audit.record("many.deeds", f"thing:{at}") for at in range(60)])
    first = auditor.get("/console/audit?what=many.deeds").text
    link = first.split('href="/console/audit?what=many.deeds&amp;cursor=')[1].split('"')[0]
    second = auditor.get(f"/console/audit?what=many.deeds&cursor={link}").text

    assert (first.count("<code>many.deeds</code>"), second.count("<code>many.deeds</code>")) == (50, 10)


@pytest.mark.parametrize("role", ["support", "finance", "marketer", "catalog"])
def test_others_of_the_staff_do_not_read_it(app: Flask, shop: Shop, role: str) -> None:
    client = signed_in(app, f"{role}@coral.test", role)

    assert client.get("/console/audit").status_code == 403
    assert client.get("/console/audit.csv").status_code == 403


def test_an_administrator_reads_it_too(app: Flask, shop: Shop) -> None:
    assert signed_in(app, "admin@coral.test", "admin").get("/console/audit").status_code == 200


def test_an_auditor_reads_every_page_of_the_consoles_that_needs_no_name(auditor: FlaskClient, app: Flask) -> None:
    pages = [str(rule) for rule in _console(app) if not rule.arguments and "GET" in (rule.methods or ())]
    answers = {page: auditor.get(page).status_code for page in pages}

    assert len(pages) > 25
    assert {page: status for page, status in answers.items() if status in (401, 403) or status >= 500} == {}


def test_an_auditor_can_send_nothing_to_the_consoles(auditor: FlaskClient, app: Flask) -> None:
    unsafe = [(method, rule) for rule in _console(app) for method in _UNSAFE & (rule.methods or set())]
    before = execute("SELECT FROM audit")
    answers = {
        f"{method} {rule}": auditor.open(address(str(rule)), method=method).status_code for method, rule in unsafe
    }

    assert len(unsafe) > 60
    assert {called: status for called, status in answers.items() if status != 403} == {}
    assert execute("SELECT FROM audit") == before


def test_an_auditor_approves_nothing(app: Flask) -> None:
    user = access.create_user("auditor@coral.test", PASSWORD, ["auditor"], "staff")

    assert not access.may_approve(f"user:{user.id}")


def test_an_administrator_demands_a_second_factor_of_a_role(app: Flask, shop: Shop) -> None:
    admin = signed_in(app, "admin@coral.test", "admin")
    answer = admin.post("/console/factors", data={"role": "finance", "demanded": "yes"})
    page = admin.get("/console/factors").text

    assert answer.status_code == 303
    assert page.count("demanded</span>") == 1
    assert admin.post("/console/factors", data={"role": "member", "demanded": "yes"}).status_code == 404


def _console(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if str(rule).startswith("/console")]
