"""A partner's people see their own statements whole, agree to them, dispute them; another partner's do not exist."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from settlement import reconciliation, statements
from settlement.console import statement_page
from settlement.statements import Sought, Statement
from tests.screens import agreeing
from tests.settlement.builders import Coalition, on_issue

MAY, JUNE = dt.date(2026, 5, 5), dt.date(2026, 6, 5)
PASSWORD = "correct horse battery"
FILES = (".pdf", ".xlsx", ".csv", "/documents.csv")


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    for name in ("A", "B"):
        coalition.join(name, on_issue("0.01", redeemer_rate=Decimal("0.009"), vat_rate=Decimal("0.21")))
    coalition.issue(10_000, MAY, {"A": 60, "B": 40})
    coalition.redeem(3000, MAY, "B")
    coalition.accrue()
    coalition.close_and_send("2026-05")
    return coalition


def people_of(live: Flask, coalition: Coalition, name: str) -> FlaskClient:
    email, program = f"{name.lower()}@coral.test", coalition.program.id
    owner = f"partner:{coalition.partners[name]}"
    transact(lambda: access.create_user(email, PASSWORD, ["partner"], owner, program_id=program))
    client = live.test_client()
    answer = client.post("/login", data={"email": email, "password": PASSWORD})
    assert client.get(answer.headers["Location"]).headers["Location"] == "/portal/"
    return client


def of(coalition: Coalition, name: str) -> Statement:
    page = transact(lambda: statements.find(Sought(coalition.program.id, [coalition.entities[name]]), None, 10))
    return page.items[0]


def path(statement: Statement, end: str = "") -> str:
    return f"/portal/statements/{ids.public('stm', statement.id)}{end}"


def test_a_partner_sees_its_own_and_nothing_of_another(live: Flask, coalition: Coalition) -> None:
    client, own, other = people_of(live, coalition, "A"), of(coalition, "A"), of(coalition, "B")

    listed = client.get("/portal/statements").text

    assert own.number in listed and other.number not in listed
    assert own.number in client.get(path(own)).text
    for end in ("", *FILES, "/dispute"):
        assert client.get(path(own, end)).status_code == 200
        assert client.get(path(other, end)).status_code == 404
    assert client.post(path(other, "/agree")).status_code == 404
    assert client.post(path(other, "/dispute"), data={"reason": "other", "evidence": "x"}).status_code == 404
    assert other.number not in client.get("/portal/statements.csv").text
    assert agreeing(live, client, "portal_statements.statements") == 1
    assert client.get("/portal/statements?entity=B").text.count(own.number) == 0


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_renders_in_both_languages(live: Flask, coalition: Coalition, language: str) -> None:
    client, own = people_of(live, coalition, "A"), of(coalition, "A")
    client.set_cookie("language", language)
    opened = client.post(path(own, "/dispute"), data={"reason": "rate", "evidence": "Why?", "amount": "1,5"})

    for page in (
        "/portal/",
        "/portal/statements",
        "/portal/statements?state=sent",
        "/portal/disputes",
        opened.headers["Location"],
        path(own),
    ):
        assert client.get(page).status_code == 200


def test_a_statement_is_agreed_to_once(live: Flask, coalition: Coalition) -> None:
    client, own = people_of(live, coalition, "A"), of(coalition, "A")

    client.post(path(own, "/agree"))
    assert of(coalition, "A").state == "agreed"
    transact(lambda: statements.mark(own.id, "paid", "user:1"))
    late = client.post(path(own, "/agree"))

    assert late.headers["Location"].endswith("said=statement_moved")


def test_a_draft_does_not_exist_for_its_partner_until_it_was_sent(live: Flask, coalition: Coalition) -> None:
    client = people_of(live, coalition, "A")
    coalition.issue(500, JUNE, {"A": 1})
    coalition.close("2026-06")
    draft = of(coalition, "A")
    assert draft.period_code == "2026-06"

    assert [client.get(path(draft, end)).status_code for end in ("", *FILES, "/dispute")] == [404] * 6
    assert client.post(path(draft, "/agree")).status_code == 404
    for listed in ("/portal/statements", "/portal/statements?state=draft", "/portal/statements.csv"):
        assert draft.number not in client.get(listed).text
    transact(lambda: statements.send(draft.id, "user:1"))

    assert draft.number in client.get("/portal/statements").text
    assert client.get(path(draft)).status_code == 200


def test_a_partner_reads_and_prints_the_act_of_what_it_was_sent(live: Flask, coalition: Coalition) -> None:
    client, own = people_of(live, coalition, "A"), of(coalition, "A")
    coalition.issue(500, JUNE, {"A": 1})
    coalition.close("2026-06")
    owed = f"{-own.position_minor / 100:.2f}"

    assert "/portal/acts/A/2026-05" in client.get(path(own)).text
    page, paper = client.get("/portal/acts/A/2026-05"), client.get("/portal/acts/A/2026-05.pdf?lang=ru")
    june = client.get("/portal/acts/A/2026-06").text

    assert page.status_code == 200 and owed in page.text and "/console/" not in page.text
    assert paper.data.startswith(b"%PDF") and "act-A-2026-05-ru.pdf" in paper.headers["Content-Disposition"]
    assert (
        june.count(owed) >= 2 and of(coalition, "A").number not in june
    )  # opening and closing; the draft is not in it
    for other in ("B/2026-05", "B/2026-05.pdf", "NOBODY/2026-05"):
        assert client.get(f"/portal/acts/{other}").status_code == 404


def test_a_movement_is_disputed_talked_about_and_let_go(live: Flask, coalition: Coalition) -> None:
    client, own = people_of(live, coalition, "A"), of(coalition, "A")
    transact(lambda: statements.send(own.id, "user:1"))
    [movement] = re.findall(r"dispute\?movement=([\w.]+)", client.get(path(own)).text)[:1]
    form = path(own, f"/dispute?movement={movement}")
    [key] = re.findall(r'name="key" value="(\w+)"', client.get(form).text)
    given = {"key": key, "reason": "points", "evidence": "We gave fewer.", "amount": ""}

    first, again = client.post(form, data=given), client.post(form, data=given)
    client.post(first.headers["Location"].partition("?")[0], data={"text": "Any news?"})

    assert first.headers["Location"] == again.headers["Location"]
    [dispute] = transact(lambda: reconciliation.of_statement(own.id))
    assert (dispute.movement_id, dispute.amount_minor, dispute.side) == (movement, 7260, "partner")
    page = client.get(first.headers["Location"]).text
    assert "We gave fewer." in page and "Any news?" in page
    client.post(f"/portal/disputes/{ids.public('dsp', dispute.id)}/withdraw")
    assert transact(lambda: reconciliation.get(dispute.id)).state == "withdrawn"


def test_a_dispute_that_makes_no_sense_is_said_beside_the_field(live: Flask, coalition: Coalition) -> None:
    client, own = people_of(live, coalition, "A"), of(coalition, "A")

    answer = client.post(path(own, "/dispute"), data={"reason": "none", "evidence": "", "amount": "much"})
    too_much = client.post(path(own, "/dispute"), data={"reason": "rate", "evidence": "x", "amount": "99999"})

    assert answer.status_code == 422
    assert all(f'id="{name}-error"' in answer.text for name in ("amount", "reason", "evidence"))
    assert too_much.status_code == 422


def test_another_partners_dispute_does_not_exist(live: Flask, coalition: Coalition) -> None:
    mine, theirs = people_of(live, coalition, "A"), people_of(live, coalition, "B")
    opened = mine.post(path(of(coalition, "A"), "/dispute"), data={"reason": "rate", "evidence": "x"})
    where = opened.headers["Location"].partition("?")[0]

    assert theirs.get(where).status_code == 404
    assert theirs.post(where, data={"text": "?"}).status_code == 404
    assert theirs.post(f"{where}/withdraw").status_code == 404
    assert ids.public("dsp", 1) not in theirs.get("/portal/disputes").text


def test_a_partners_people_are_nobody_else(live: Flask, coalition: Coalition) -> None:
    client = people_of(live, coalition, "A")

    assert client.get("/console/settlement").status_code == 403
    assert client.get("/console").status_code == 403
    assert client.get("/account").status_code == 403
    assert live.test_client().get("/portal/").status_code == 303


def test_a_partner_has_several_people(live: Flask, coalition: Coalition) -> None:
    people_of(live, coalition, "A")
    owner, program = f"partner:{coalition.partners['A']}", coalition.program.id

    transact(lambda: access.create_user("second@coral.test", PASSWORD, ["partner"], owner, program_id=program))


def test_entries_are_sifted_by_line_receipt_and_day(live: Flask, coalition: Coalition) -> None:
    client, own = people_of(live, coalition, "B"), of(coalition, "B")
    links = re.findall(r'href="([^"]+charge=\w+[^"]*)#entries"', client.get(path(own)).text)

    rows = {
        re.findall(r"charge=(\w+)", link)[0]: client.get(link.replace("&amp;", "&")).text.count("dispute?movement=")
        for link in links
    }

    assert rows == {"issue_funding": 1, "redeemed": 2}
    assert client.get(path(own, "?reference=key-")).text.count("dispute?movement=") == 3
    assert client.get(path(own, "?reference=nothing")).text.count("dispute?movement=") == 0
    assert client.get(path(own, "?day=2026-05-06")).text.count("dispute?movement=") == 0
    assert client.get(path(own, "?day=2026-05-05&charge=redeemed")).text.count("dispute?movement=") == 2
    assert client.get(path(own, "?price=x&day=2026-99-99&cursor=")).status_code in (200, 400, 422)


@pytest.mark.parametrize(("day", "asked"), [("2026-02-28", dt.date(2026, 2, 28)), ("2026-02-30", None), ("", None)])
def test_a_day_that_there_is_not_is_not_asked(day: str, asked: dt.date | None) -> None:
    assert statement_page.sift_of({"day": day}).day == asked
