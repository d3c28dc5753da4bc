"""Administrators see and manage who signs in for the staff and for partners; nobody locks themself or all out."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.access import Person
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.console.conftest import PASSWORD, signed_in
from tests.coalition.purchases.builders import Shop

LIST = "/console/people"


@pytest.fixture
def admin(app: Flask, shop: Shop) -> FlaskClient:
    return signed_in(app, "admin@coral.test", "admin")


def known(owner: str = "staff") -> dict[str, Person]:
    return {one.email.partition("@")[0]: one for one in transact(lambda: access.people_of(owner)).items}


def path(person: Person, end: str = "") -> str:
    return f"{LIST}/{ids.public('usr', person.id)}{end}"


def deeds() -> list[str]:
    rows = transact(lambda: fetch_all("SELECT action FROM audit WHERE actor LIKE 'user:%' ORDER BY id"))
    return [row.action for row in rows]


def of_shop(shop: Shop) -> dict[str, str]:
    return {"partner": shop.partner.code, "program": shop.program.code}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_staff_are_listed_and_found_by_address_role_and_state(
    app: Flask, admin: FlaskClient, language: str
) -> None:
    for role in ("support", "finance"):
        signed_in(app, f"{role}@coral.test", role)
    admin.post(path(known()["finance"], "/switch"), data={"active": "no"})
    admin.set_cookie("language", language)

    def found(query: str) -> set[str]:
        text = admin.get(f"{LIST}.csv?{query}").text
        return {name for name in ("admin", "support", "finance") if f"{name}@coral.test" in text}

    assert all(f"{name}@coral.test" in admin.get(LIST).text for name in ("admin", "support", "finance"))
    assert found("q=SUPP") == {"support"}
    assert found("role=finance") == found("state=off") == {"finance"}
    assert found("state=active") == {"admin", "support"}
    assert found("q=%25") == set()


def test_a_person_is_invited_with_roles_and_the_invitation_taken_back(admin: FlaskClient) -> None:
    sent = admin.post(LIST, data={"email": "New@Coral.test", "roles": ["finance", "support"]})
    [one] = transact(lambda: access.invitations("staff")).items

    taken = admin.post(f"{LIST}/invitations/{ids.public('inv', one.id)}/revoke")

    assert (one.email, one.roles, one.state) == ("new@coral.test", {"finance", "support"}, "waiting")
    assert [answer.headers["Location"] for answer in (sent, taken)] == [
        f"{LIST}?done=person_invited",
        f"{LIST}?done=person_uninvited",
    ]
    assert transact(lambda: access.invitations("staff")).items[0].state == "revoked"
    assert {"user.invited", "user.uninvited"} <= set(deeds())


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"email": "nobody", "roles": ["support"]}, "email"),
        ({"email": "a@b.test", "roles": []}, "roles"),
        ({"email": "a@b.test", "roles": ["partner_admin"]}, "roles"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_beside_its_field(
    admin: FlaskClient, form: dict[str, object], field: str
) -> None:
    answer = admin.post(LIST, data=form)

    assert answer.status_code == 422 and f'href="#{field}"' in answer.text
    assert transact(lambda: access.invitations("staff")).items == []


def test_roles_are_changed_people_switched_off_and_signed_out(app: Flask, admin: FlaskClient) -> None:
    support = signed_in(app, "support@coral.test", "support")
    person = known()["support"]
    shown = admin.get(path(person)).text

    out = admin.post(path(person, "/sign-out"))
    gone = support.get("/console/members").status_code
    roles = admin.post(path(person, "/roles"), data={"roles": ["finance", "auditor"]})
    off = admin.post(path(person, "/switch"), data={"active": "no"})
    after = known()["support"]
    on = admin.post(path(person, "/switch"), data={"active": "yes"})

    assert "Sign out everywhere" in shown and "Nowhere at the moment" not in shown
    assert [answer.status_code for answer in (out, roles, off, on)] == [303] * 4
    assert gone == 303
    assert (after.roles, after.active, known()["support"].active) == ({"finance", "auditor"}, False, True)
    assert deeds()[-4:] == ["user.sessions_ended", "user.roles_set", "user.switched", "user.switched"]


def test_nobody_switches_off_or_demotes_themself(admin: FlaskClient) -> None:
    me = known()["admin"]

    answers = [
        admin.post(path(me, "/switch"), data={"active": "no"}),
        admin.post(path(me, "/roles"), data={"roles": ["support"]}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert known()["admin"] == me
    assert "Switch off" not in admin.get(path(me)).text


def test_roles_of_another_house_are_refused(app: Flask, admin: FlaskClient) -> None:
    signed_in(app, "support@coral.test", "support")

    answer = admin.post(path(known()["support"], "/roles"), data={"roles": ["supplier"]})

    assert answer.status_code == 422 and 'href="#roles"' in answer.text
    assert known()["support"].roles == {"support"}


def test_a_partner_s_people_are_invited_listed_and_switched_off(admin: FlaskClient, shop: Shop) -> None:
    owner, where = f"partner:{shop.partner.id}", of_shop(shop)
    transact(lambda: access.create_user("ship@fresh.test", PASSWORD, ["supplier"], owner, program_id=shop.program.id))

    sent = admin.post(LIST, data={"email": "boss@fresh.test", "roles": ["partner_admin"], **where})
    page = admin.get(LIST, query_string=where).text
    off = admin.post(path(known(owner)["ship"], "/switch"), data={"active": "no"})
    [invited] = transact(lambda: access.invitations(owner)).items
    taken = admin.post(f"{LIST}/invitations/{ids.public('inv', invited.id)}/revoke", data=where)

    assert [answer.status_code for answer in (sent, off, taken)] == [303] * 3
    assert f"partner={shop.partner.code}" in sent.headers["Location"]
    assert all(words in page for words in ("ship@fresh.test", "boss@fresh.test", "People of"))
    assert "admin@coral.test" not in page
    assert (invited.roles, known(owner)["ship"].active) == ({"partner_admin"}, False)
    assert transact(lambda: access.invitations(owner)).items[0].state == "revoked"


def test_a_member_is_no_colleague_and_another_house_s_invitation_stays(admin: FlaskClient, shop: Shop) -> None:
    owner = f"member:{shop.member.id}"
    member = transact(lambda: access.create_user("m@m.test", PASSWORD, ["member"], owner, program_id=shop.program.id))
    invited = transact(lambda: access.invite("new@coral.test", ["support"], "staff"))
    there = f"{LIST}/{ids.public('usr', member.id)}"

    answers = [
        admin.get(there),
        admin.post(f"{there}/switch", data={"active": "no"}),
        admin.post(f"{LIST}/invitations/{ids.public('inv', invited.id)}/revoke", data=of_shop(shop)),
        admin.get(f"{LIST}?partner=nobody"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert transact(lambda: access.person(member.id)).active
    assert transact(lambda: access.invitations("staff")).items[0].state == "waiting"


def test_auditors_look_and_change_nothing(app: Flask, admin: FlaskClient) -> None:
    auditor = signed_in(app, "auditor@coral.test", "auditor")
    person = known()["admin"]

    assert auditor.get(LIST).status_code == auditor.get(path(person)).status_code == 200
    assert "Send the invitation" not in auditor.get(LIST).text
    assert "Switch off" not in auditor.get(path(person)).text
    assert auditor.post(path(person, "/switch"), data={"active": "no"}).status_code == 403
