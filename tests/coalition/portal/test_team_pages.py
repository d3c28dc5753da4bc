"""A partner's managers invite, set roles and switch off people of their own partner, and of no other."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import access
from coalition.access import Person
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.coalition.portal.conftest import Sign
from tests.coalition.purchases.builders import Shop


def people(shop: Shop) -> dict[str, Person]:
    page = transact(lambda: access.people_of(f"partner:{shop.partner.id}"))
    return {one.email.partition("@")[0]: one for one in page.items}


def path(person: Person, end: str) -> str:
    return f"/portal/team/{ids.public('usr', person.id)}/{end}"


def invited(shop: Shop) -> list[tuple[str, set[str], str]]:
    found = transact(lambda: access.invitations(f"partner:{shop.partner.id}")).items
    return [(one.email, set(one.roles), one.state) for one in found]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_team_is_the_partner_s_own_people(
    manager: FlaskClient, reader: FlaskClient, sign_in: Sign, twin: Shop, language: str
) -> None:
    sign_in(twin.partner, "partner")
    manager.set_cookie("language", language)

    page = manager.get("/portal/team").text

    assert "partner@freshmart.test" in page and "partner_admin@freshmart.test" in page
    assert "partner@twin.test" not in page


def test_somebody_is_invited_and_the_invitation_taken_back(manager: FlaskClient, shop: Shop) -> None:
    sent = manager.post("/portal/team", data={"email": "New@Freshmart.test", "roles": ["partner"]})
    waiting = invited(shop)
    [one] = transact(lambda: access.invitations(f"partner:{shop.partner.id}")).items

    manager.post(f"/portal/team/invitations/{ids.public('inv', one.id)}/revoke")

    assert sent.headers["Location"] == "/portal/team?said=invited"
    assert waiting == [("new@freshmart.test", {"partner"}, "waiting")]
    assert invited(shop) == [("new@freshmart.test", {"partner"}, "revoked")]


def test_one_mailbox_is_not_flooded_with_invitations(manager: FlaskClient, shop: Shop) -> None:
    form = {"email": "New@Freshmart.test", "roles": ["partner"]}
    answers = [manager.post("/portal/team", data=form).status_code for _ in range(6)]

    assert answers[:3] == [303] * 3
    assert answers[-1] == 429
    assert len(invited(shop)) == answers.count(303) < 5


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"email": "nobody", "roles": ["partner"]}, "email"),
        ({"email": "a@b.test", "roles": []}, "roles"),
        ({"email": "a@b.test", "roles": ["admin"]}, "roles"),
        ({"email": "a@b.test", "roles": ["partner", "finance"]}, "roles"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_beside_its_field(
    manager: FlaskClient, shop: Shop, form: dict[str, object], field: str
) -> None:
    answer = manager.post("/portal/team", data=form)

    assert answer.status_code == 422 and f'href="#{field}"' in answer.text
    assert invited(shop) == []


def test_roles_are_set_and_people_switched_off_and_on(manager: FlaskClient, reader: FlaskClient, shop: Shop) -> None:
    person = people(shop)["partner"]

    manager.post(path(person, "roles"), data={"roles": ["partner_admin", "supplier"]})
    manager.post(path(person, "switch"), data={"active": "no"})

    changed = people(shop)["partner"]
    assert (changed.roles, changed.active) == ({"partner_admin", "supplier"}, False)
    assert reader.get("/portal/team").status_code in (303, 403)
    manager.post(path(person, "switch"), data={"active": "yes"})
    assert people(shop)["partner"].active


def test_nobody_does_it_to_themself(manager: FlaskClient, shop: Shop) -> None:
    me = people(shop)["partner_admin"]

    off, less = manager.post(path(me, "switch")), manager.post(path(me, "roles"), data={"roles": ["partner"]})

    assert (off.status_code, less.status_code) == (409, 409)
    assert "Somebody else has to do this to you" in off.text
    assert people(shop)["partner_admin"].roles == {"partner_admin"}


def test_another_partner_s_people_and_invitations_do_not_exist(manager: FlaskClient, sign_in: Sign, twin: Shop) -> None:
    sign_in(twin.partner, "partner")
    theirs = people(twin)["partner"]
    owner, program = f"partner:{twin.partner.id}", twin.program.id
    one = transact(lambda: access.invite("x@twin.test", ["partner"], owner, program))

    assert manager.post(path(theirs, "switch"), data={"active": "no"}).status_code == 404
    assert manager.post(path(theirs, "roles"), data={"roles": ["partner"]}).status_code == 404
    assert manager.post(f"/portal/team/invitations/{ids.public('inv', one.id)}/revoke").status_code == 404
    assert people(twin)["partner"] == theirs
    assert invited(twin) == [("x@twin.test", {"partner"}, "waiting")]


def test_who_may_only_read_changes_nobody(reader: FlaskClient, manager: FlaskClient, shop: Shop) -> None:
    person = people(shop)["partner_admin"]

    assert reader.get("/portal/team").status_code == 200
    assert "<form" not in reader.get("/portal/team").text.split("<main")[1].split("</main>")[0]
    assert reader.post("/portal/team", data={"email": "a@b.test", "roles": ["partner"]}).status_code == 403
    assert reader.post(path(person, "switch"), data={"active": "no"}).status_code == 403
    assert people(shop)["partner_admin"].active
