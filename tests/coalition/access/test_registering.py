"""Clients of each kind: what is registered, what is refused, and how a secret changes while tills go on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask import Flask

from coalition import access
from coalition.kernel import clock
from coalition.kernel.errors import Conflict, Invalid, NotFound, Unauthorized
from tests.coalition.access.oauth.keys import a_key, public_keys

CALLBACK = "https://app.example/back"


@pytest.fixture
def client(app: Flask) -> tuple[str, str]:
    return access.create_client(1, 7, "Tills", ["purchases:write", "members:read"])


def test_a_partner_sees_its_own_clients_and_no_secret(client: tuple[str, str]) -> None:
    access.create_client(1, 8, "Another's", ["members:read"])

    (mine,) = access.clients_of(7)

    assert (mine.client_id, mine.name, mine.kind, mine.active) == (client[0], "Tills", "confidential_basic", True)
    assert mine.scopes == ("members:read", "purchases:write")
    assert client[1] not in repr(mine)


def test_a_program_s_clients_come_in_pages_the_newest_first(app: Flask) -> None:
    made = [access.create_client(1, partner, "Till", ["members:read"])[0] for partner in (7, 8, 9)]
    access.create_client(2, 7, "Of another program", ["members:read"])

    first = access.clients_in(1, None, 2)
    second = access.clients_in(1, first.next_cursor, 2)

    assert [one.client_id for one in [*first.items, *second.items]] == made[::-1]
    assert second.next_cursor is None


def test_both_secrets_are_right_until_the_overlap_ends(client: tuple[str, str]) -> None:
    new = access.rotate_secret(client[0], overlap_s=60)

    both = [access.verify_client(client[0], secret) for secret in (client[1], new)]
    with time_machine.travel(clock.now() + dt.timedelta(seconds=61)):
        after = [access.verify_client(client[0], secret) for secret in (client[1], new)]

    assert None not in both
    assert [one is not None for one in after] == [False, True]


def test_a_second_rotation_ends_the_oldest_secret_and_none_overlaps_when_told_so(client: tuple[str, str]) -> None:
    second = access.rotate_secret(client[0])
    third = access.rotate_secret(client[0])
    right = [access.verify_client(client[0], secret) is not None for secret in (client[1], second, third)]

    fourth = access.rotate_secret(client[0], overlap_s=0)

    assert right == [False, True, True]
    assert [access.verify_client(client[0], secret) is not None for secret in (third, fourth)] == [False, True]
    assert access.clients_of(7)[0].old_secret_until is None


@pytest.mark.parametrize("overlap_s", [-1, 31 * 24 * 3600])
def test_an_overlap_has_bounds(client: tuple[str, str], overlap_s: int) -> None:
    with pytest.raises(Invalid):
        access.rotate_secret(client[0], overlap_s=overlap_s)


def test_a_client_of_another_partner_is_not_there(client: tuple[str, str]) -> None:
    deeds: list[Any] = [
        lambda: access.rotate_secret(client[0], partner_id=8),
        lambda: access.set_scopes(client[0], ["members:read"], partner_id=8),
        lambda: access.set_client_active(client[0], False, partner_id=8),
        lambda: access.client_view(client[0], partner_id=8),
        lambda: access.token_events(client[0], partner_id=8),
        lambda: access.set_scopes("client_nobody", ["members:read"]),
    ]

    for deed in deeds:
        with pytest.raises(NotFound):
            deed()

    assert access.clients_of(7)[0].scopes == ("members:read", "purchases:write")


def test_what_happened_to_a_client_is_told_newest_first(client: tuple[str, str]) -> None:
    token = access.issue_token(*client, ["members:read"])
    access.revoke(token.value)
    access.rotate_secret(client[0])
    access.set_scopes(client[0], ["members:read"])
    access.set_client_active(client[0], False)

    first = access.token_events(client[0], None, 3)
    rest = access.token_events(client[0], first.next_cursor, 3)

    assert [one.action for one in [*first.items, *rest.items]] == [
        "client.switched",
        "client.scopes",
        "client.secret_rotated",
        "token.revoked",
        "token.issued",
        "client.created",
    ]


def test_a_public_app_and_one_with_keys_have_no_secret(app: Flask) -> None:
    key = a_key("ES256")
    public, nothing = access.create_client(1, 7, "App", ["me"], kind="public", redirect_uris=[CALLBACK])
    signing, _ = access.create_client(1, 7, "Signing", ["members:read"], kind="private_key_jwt", jwks=public_keys(key))

    for client_id in (public, signing):
        with pytest.raises(Conflict):
            access.rotate_secret(client_id)
        with pytest.raises(Unauthorized):
            access.issue_token(client_id, nothing, [])

    assert nothing == ""
    assert access.client_view(signing).key_ids == (key.kid,)


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "a public client with a partner's scope": ("/scopes", {"kind": "public", "scopes": ["members:read"]}),
    "an app without an address": ("/redirect_uris", {"scopes": ["me"]}),
    "no scope": ("/scopes", {"scopes": []}),
    "an unknown kind": ("/kind", {"kind": "implicit"}),
    "no name": ("/name", {"name": " "}),
    "a name with a line break": ("/name", {"name": "App\nAdmin"}),
    "keys that are none": ("/jwks", {"kind": "private_key_jwt", "jwks": {"keys": []}}),
    "keys that are missing": ("/jwks", {"kind": "private_key_jwt"}),
    "eleven addresses": ("/redirect_uris", {"redirect_uris": [f"{CALLBACK}/{n}" for n in range(11)]}),
}


@pytest.mark.parametrize("case", BAD)
def test_a_client_is_refused_with_the_field_that_is_wrong(app: Flask, case: str) -> None:
    pointer, wrong = BAD[case]
    asked = {"name": "App", "scopes": ["members:read"], **wrong}

    with pytest.raises(Invalid) as refusal:
        access.create_client(1, 7, asked.pop("name"), asked.pop("scopes"), **asked)

    assert pointer in [error.pointer for error in refusal.value.errors]


def test_a_private_or_a_weak_key_is_not_taken(app: Flask) -> None:
    strong = a_key("ES256")
    weak = a_key("RS256", bits=1024)
    for key_set in ({"keys": [strong.as_dict(private=True)]}, public_keys(weak), {"keys": [{"kty": "oct", "k": "AA"}]}):
        with pytest.raises(Invalid):
            access.create_client(1, 7, "Signing", ["members:read"], kind="private_key_jwt", jwks=key_set)


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/back",
        "https://app.example/back#here",
        "https://app@evil.example/back",
        "https://*.example/back",
        "https://app.example/../back",
        "https://app.example/%2e%2e/back",
        "https://app.example/b ck",
        "https://App.Example/back",
        "https:///back",
        "http://[::1]:9000/back",
        "https://app.example:99999/back",
        "javascript:alert(1)",
        "data:text/html,x",
        "/back",
        "app.example/back",
        "https://пример.example/back",
        "https://app.example\\@evil.example/back",
        "http://localhost.evil.example/back",
        "https://app.example/" + "x" * 500,
    ],
)
def test_an_address_that_could_lead_elsewhere_is_not_registered(app: Flask, uri: str) -> None:
    with pytest.raises(Invalid) as refusal:
        access.create_client(1, 7, "App", ["me"], kind="public", redirect_uris=[uri])

    assert refusal.value.errors[0].code == "bad_redirect"


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        ("public", "https://app.example:8443/back?from=coalition"),
        ("public", "http://127.0.0.1:9000/back"),
        ("public", "example.app.shopper:/back"),
        ("confidential_basic", "https://xn--e1afmkfd.example/back"),
    ],
)
def test_addresses_of_sites_of_this_machine_and_of_phones_are_registered(app: Flask, kind: str, uri: str) -> None:
    client_id, _ = access.create_client(1, 7, "App", ["me"], kind=kind, redirect_uris=[uri])

    assert access.client_view(client_id).redirect_uris == (uri,)
