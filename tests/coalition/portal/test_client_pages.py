"""A partner tends its own OAuth clients: a secret is shown once, two overlap, another partner's is not there."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Unauthorized
from tests.coalition.purchases.builders import Shop

SECRET = re.compile(r">(secret_[\w-]+)<")
CLIENT = re.compile(r">(client_\w+)<")


def register(manager: FlaskClient, **more: object) -> tuple[str, str]:
    form = {"name": "Tills", "kind": "confidential_basic", "scopes": ["purchases:write"]} | more
    page = manager.post("/portal/clients", data=form)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    return CLIENT.findall(page.text)[0], SECRET.findall(page.text)[0]


def proves(client_id: str, secret: str) -> bool:
    return transact(lambda: access.verify_client(client_id, secret)) is not None


@pytest.fixture
def theirs(twin: Shop) -> str:
    """A client of the twin."""
    create = access.create_client
    return transact(lambda: create(twin.program.id, twin.partner.id, "Hers", ["purchases:write"])[0])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_secret_is_shown_once_and_never_again(manager: FlaskClient, shop: Shop, language: str) -> None:
    manager.set_cookie("language", language)

    client_id, secret = register(manager)
    later = [manager.get(path).text for path in ("/portal/clients", f"/portal/clients/{client_id}")]

    assert proves(client_id, secret)
    assert all("Tills" in page and secret not in page for page in later)
    [view] = transact(lambda: access.clients_of(shop.partner.id))
    assert (view.client_id, view.scopes) == (client_id, ("purchases:write",))


def test_a_new_secret_works_beside_the_old_one_for_the_time_chosen(manager: FlaskClient, shop: Shop) -> None:
    client_id, first = register(manager)

    second = SECRET.findall(manager.post(f"/portal/clients/{client_id}/secret", data={"overlap": "24"}).text)[0]
    both = proves(client_id, first), proves(client_id, second)
    third = SECRET.findall(manager.post(f"/portal/clients/{client_id}/secret", data={"overlap": "0"}).text)[0]

    assert both == (True, True)
    assert [proves(client_id, one) for one in (first, second, third)] == [False, False, True]
    assert manager.post(f"/portal/clients/{client_id}/secret", data={"overlap": "9"}).status_code == 422


def test_rights_are_set_and_a_client_is_switched_off_and_on(manager: FlaskClient, shop: Shop) -> None:
    client_id, secret = register(manager)
    path = f"/portal/clients/{client_id}"

    manager.post(f"{path}/scopes", data={"scopes": ["members:read", "holds:write"]})
    manager.post(f"{path}/switch", data={"active": "no"})
    off = transact(lambda: access.client_view(client_id))

    assert (off.scopes, off.active) == (("holds:write", "members:read"), False)
    with pytest.raises(Unauthorized):
        transact(lambda: access.issue_token(client_id, secret, ["members:read"]))
    manager.post(f"{path}/switch", data={"active": "yes"})
    transact(lambda: access.issue_token(client_id, secret, ["members:read"]))
    page = manager.get(path).text
    assert "token given" in page and "switched on or off" in page and "never" not in page


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"kind": "root"}, "kind"),
        ({"kind": "private_key_jwt", "jwks": "{"}, "jwks"),
        ({"kind": "private_key_jwt", "jwks": "[" * 5000}, "jwks"),
        ({"scopes": ["me"], "redirect_uris": "http://evil.test/"}, "redirect_uris"),
    ],
)
def test_a_client_that_cannot_be_is_refused_beside_the_field_and_not_made(
    manager: FlaskClient, shop: Shop, form: dict[str, object], field: str
) -> None:
    whole = {"name": "Tills", "kind": "confidential_basic", "scopes": ["purchases:write"]} | form

    answer = manager.post("/portal/clients", data=whole)

    assert answer.status_code == 422 and f'href="#{field}"' in answer.text
    assert transact(lambda: access.clients_of(shop.partner.id)) == []


def test_another_partner_s_client_does_not_exist_and_stays_as_it_was(manager: FlaskClient, theirs: str) -> None:
    before = transact(lambda: access.client_view(theirs))
    path = f"/portal/clients/{theirs}"

    assert manager.get(path).status_code == 404
    assert theirs not in manager.get("/portal/clients").text
    for end, form in (
        ("secret", {"overlap": "0"}),
        ("scopes", {"scopes": ["members:read"]}),
        ("switch", {"active": "no"}),
    ):
        assert manager.post(f"{path}/{end}", data=form).status_code == 404
    assert transact(lambda: access.client_view(theirs)) == before


def test_who_may_only_read_sees_clients_and_changes_none(reader: FlaskClient, shop: Shop) -> None:
    create = access.create_client
    client_id, _ = transact(lambda: create(shop.program.id, shop.partner.id, "Tills", ["purchases:write"]))
    path = f"/portal/clients/{client_id}"

    assert "Tills" in reader.get("/portal/clients").text and "<form" in reader.get(path).text
    assert f"{path}/" not in reader.get(path).text
    assert reader.get("/portal/clients/new").status_code == 403
    for end in ("secret", "scopes", "switch"):
        assert reader.post(f"{path}/{end}").status_code == 403
    assert reader.post("/portal/clients", data={"name": "Mine", "scopes": ["me"]}).status_code == 403


def test_every_deed_is_audited_by_the_person_who_did_it(manager: FlaskClient, shop: Shop) -> None:
    client_id, _ = register(manager)
    manager.post(f"/portal/clients/{client_id}/secret", data={"overlap": "24"})

    rows = transact(lambda: fetch_all("SELECT actor, action FROM audit WHERE action LIKE 'client.%' ORDER BY id"))
    assert [row.action for row in rows] == ["client.created", "client.secret_rotated"]
    assert all(row.actor.startswith("user:") for row in rows)
