"""A partner tends its own OAuth clients: a secret is shown once, two overlap, another partner's is not there."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Unauthorized
from tests.coalition.purchases.builders import Shop
from tests.counting import statements

SECRET = re.compile(r">(secret_[\w-]+)<")
CLIENT = re.compile(r">(client_\w+)<")
KEY = re.compile(r'name="key" value="(\w+)"')


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
        ("redirects", {"redirect_uris": "https://mine.test/"}),
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
    for end in ("secret", "scopes", "redirects", "switch"):
        assert reader.post(f"{path}/{end}").status_code == 403
    assert reader.post("/portal/clients", data={"name": "Mine", "scopes": ["me"]}).status_code == 403


def test_every_deed_is_audited_by_the_person_who_did_it(manager: FlaskClient, shop: Shop) -> None:
    client_id, _ = register(manager)
    manager.post(f"/portal/clients/{client_id}/secret", data={"overlap": "24"})

    rows = transact(lambda: fetch_all("SELECT actor, action FROM audit WHERE action LIKE 'client.%' ORDER BY id"))
    assert [row.action for row in rows] == ["client.created", "client.secret_rotated"]
    assert all(row.actor.startswith("user:") for row in rows)


def test_a_form_sent_twice_registers_one_client_and_shows_its_secret_once(manager: FlaskClient, shop: Shop) -> None:
    key = KEY.findall(manager.get("/portal/clients/new").text)[0]
    client_id, secret = register(manager, key=key)

    form = {"name": "Tills", "kind": "confidential_basic", "scopes": ["purchases:write"], "key": key}
    again = manager.post("/portal/clients", data=form, follow_redirects=True)

    assert "sent before" in again.text and secret not in again.text
    assert [one.client_id for one in transact(lambda: access.clients_of(shop.partner.id))] == [client_id]
    assert register(manager)[0] != client_id, "another form registers another client"


def test_a_form_that_was_refused_can_be_sent_again(manager: FlaskClient, shop: Shop) -> None:
    key = KEY.findall(manager.get("/portal/clients/new").text)[0]

    refused = manager.post("/portal/clients", data={"name": "", "kind": "public", "key": key})

    assert refused.status_code == 422 and KEY.findall(refused.text) == [key]
    register(manager, key=key)
    assert len(transact(lambda: access.clients_of(shop.partner.id))) == 1


def test_a_new_secret_asked_for_twice_by_one_form_does_not_end_the_one_in_use(manager: FlaskClient) -> None:
    client_id, first = register(manager)
    form = {"overlap": "24", "key": KEY.findall(manager.get(f"/portal/clients/{client_id}").text)[0]}

    second = SECRET.findall(manager.post(f"/portal/clients/{client_id}/secret", data=form).text)[0]
    again = manager.post(f"/portal/clients/{client_id}/secret", data=form)

    assert again.status_code == 303 and again.location.endswith("said=sent_before")
    assert proves(client_id, first) and proves(client_id, second)


def test_members_come_back_to_the_addresses_that_are_kept_last(manager: FlaskClient) -> None:
    uris = "https://a.test/back\nhttps://b.test/back"
    client_id, _ = register(manager, scopes=["me"], redirect_uris=uris)
    path = f"/portal/clients/{client_id}"

    manager.post(f"{path}/redirects", data={"redirect_uris": "https://b.test/back\r\nhttps://c.test/back"})
    kept = transact(lambda: access.client_view(client_id)).redirect_uris
    bad = manager.post(f"{path}/redirects", data={"redirect_uris": "http://evil.test/"})
    none = manager.post(f"{path}/redirects", data={"redirect_uris": ""})

    assert kept == ("https://b.test/back", "https://c.test/back")
    assert (bad.status_code, none.status_code) == (422, 422)
    assert 'href="#redirect_uris"' in bad.text and "http://evil.test/" in bad.text and "127.0.0.1 only" in bad.text
    assert transact(lambda: access.client_view(client_id)).redirect_uris == kept
    assert "other addresses" in manager.get(path).text


def test_the_list_of_clients_asks_as_much_for_many_as_for_one(manager: FlaskClient, shop: Shop) -> None:
    asked: list[int] = []

    for more in (1, 5):
        for _ in range(more):
            register(manager)
        with statements() as sent:
            assert manager.get("/portal/clients").status_code == 200
        asked.append(len(sent))

    few, many = asked
    assert 3 < few == many
