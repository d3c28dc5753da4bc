"""ETags: nothing is sent twice that has not changed, and nobody overwrites what they have not seen."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel.db import transact
from coalition.kernel.web.tags import IF_MATCH, TAGGED
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_shop
from tests.coalition.purchases.registries.test_tables import a_definition
from tests.racing import at_once

ANNA = {"external_id": "A-1", "profile": {"first_name": "Anna"}, "identifiers": [{"kind": "nfc", "value": "AB:CD"}]}
HOOK = {"url": "https://hooks.shop.example/in", "event_types": ["points.issued"]}
BERTA = {"profile": {"first_name": "Berta"}}


@pytest.fixture
def anna(till: Till) -> str:
    """The address of a member that the till has enrolled."""
    return f"/members/{till.post('/members', ANNA).json['id']}"


def test_what_has_not_changed_is_not_sent_again(till: Till, anna: str) -> None:
    seen = till.get(anna)

    again = till.get(anna, If_None_Match=seen.headers["ETag"])

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", seen.headers["ETag"])
    assert "Content-Type" not in again.headers
    assert seen.headers["Cache-Control"] == "private, no-cache"


def test_what_has_changed_is_sent_with_another_tag(till: Till, anna: str) -> None:
    seen = till.get(anna)
    till.patch(anna, BERTA)

    again = till.get(anna, If_None_Match=seen.headers["ETag"])

    assert (again.status_code, again.json["profile"]["first_name"]) == (200, "Berta")
    assert again.headers["ETag"] != seen.headers["ETag"]


def test_a_tag_of_any_kind_of_single_thing_is_good_for_a_304(till: Till) -> None:
    till.put("/registry-mappings/till", a_definition())

    seen = till.get("/registry-mappings/till")

    assert till.get("/registry-mappings/till", If_None_Match=f'"other", W/{seen.headers["ETag"]}').status_code == 304
    assert till.get("/registry-mappings/till", If_None_Match="*").status_code == 304
    assert till.get("/registry-mappings/nobody", If_None_Match="*").status_code == 404


def test_a_compressed_answer_s_tag_is_as_good(till: Till) -> None:
    member = till.post("/members", {**ANNA, "profile": {"first_name": "A" * 100, "last_name": "B" * 100}}).json["id"]
    for number in range(6):
        till.post(f"/members/{member}/identifiers", {"kind": "nfc", "value": f"AB:CE:{number}"})
    seen = till.get(f"/members/{member}", Accept_Encoding="gzip")
    assert (seen.headers["Content-Encoding"], seen.headers["ETag"][-6:]) == ("gzip", ':gzip"')

    again = till.get(f"/members/{member}", Accept_Encoding="gzip", If_None_Match=seen.headers["ETag"])
    amended = till.patch(f"/members/{member}", BERTA, If_Match=seen.headers["ETag"])

    assert (again.status_code, amended.status_code) == (304, 200)


def test_a_change_of_what_one_has_seen_is_made(till: Till, anna: str) -> None:
    seen = till.get(anna).headers["ETag"]

    changed = till.patch(anna, BERTA, If_Match=seen)

    assert (changed.status_code, changed.json["profile"]["first_name"]) == (200, "Berta")


def test_a_change_of_what_somebody_else_has_changed_is_refused(till: Till, anna: str) -> None:
    seen = till.get(anna).headers["ETag"]
    till.patch(anna, BERTA)

    late = till.patch(anna, {"profile": {"first_name": "Clara"}}, If_Match=seen)

    assert (late.status_code, late.json["code"]) == (412, "changed_meanwhile")
    assert till.get(anna).json["profile"]["first_name"] == "Berta"
    assert till.patch(anna, BERTA, If_Match="*").status_code == 200


def test_a_change_answers_the_tag_of_what_it_has_made(till: Till, anna: str) -> None:
    endpoint = f"/webhook-endpoints/{till.post('/webhook-endpoints', HOOK).json['id']}"

    for path, first, second in (
        (anna, BERTA, {"profile": {"first_name": "Clara"}}),
        (endpoint, {"description": "till"}, {"active": False}),
    ):
        made = till.patch(path, first)
        again = till.patch(path, second, If_Match=made.headers["ETag"])

        assert made.headers["ETag"] != again.headers["ETag"]
        assert again.status_code == 200 and again.headers["ETag"] == till.get(path).headers["ETag"]
        assert till.patch(path, first, If_Match=made.headers["ETag"]).status_code == 412
        assert till.patch(path, second, If_None_Match="*").status_code == 200


def test_what_is_put_or_refused_has_no_tag(till: Till, anna: str) -> None:
    answers = [
        till.put("/registry-mappings/till", a_definition()),
        till.patch(anna, {"profile": {"nonsense": 1}}),
        till.patch(anna, BERTA, If_Match='"other"'),
    ]

    assert [answer.status_code for answer in answers] == [200, 422, 412]
    assert not any("ETag" in answer.headers for answer in answers)


def test_every_patch_of_a_thing_answers_what_a_get_does_and_documents_the_tag(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").json["paths"]
    both = {
        path: [of[method]["responses"]["200"] for method in ("get", "patch")]
        for path, of in paths.items()
        if "patch" in of
    }

    assert len(both) >= 2
    for read, changed in both.values():
        assert changed["content"] == read["content"]
        assert changed["headers"] == TAGGED


def test_a_mapping_is_saved_over_the_version_one_has_seen_only(till: Till) -> None:
    till.put("/registry-mappings/till", a_definition())
    seen = till.get("/registry-mappings/till").headers["ETag"]

    saved = till.put("/registry-mappings/till", a_definition(zone="Europe/Vilnius"), If_Match=seen)
    late = till.put("/registry-mappings/till", a_definition(zone="Asia/Tokyo"), If_Match=seen)

    assert (saved.status_code, saved.json["version"], late.status_code) == (200, 2, 412)
    assert till.put("/registry-mappings/new", a_definition(), If_Match=seen).status_code == 404


def test_an_endpoint_is_changed_as_one_has_seen_it_only(till: Till) -> None:
    path = f"/webhook-endpoints/{till.post('/webhook-endpoints', HOOK).json['id']}"
    seen = till.get(path).headers["ETag"]

    changed = till.patch(path, {"description": "till"}, If_Match=seen)
    late = till.patch(path, {"active": False}, If_Match=seen)

    assert (changed.status_code, late.status_code, late.json["code"]) == (200, 412, "changed_meanwhile")
    assert till.get(path).json["state"] == "on"
    assert till.patch(path, {"active": False}, If_Match=till.get(path).headers["ETag"]).json["state"] == "off"


def test_of_two_who_change_what_both_have_seen_at_once_one_is_refused(live: Flask) -> None:
    with live.app_context():
        till = transact(lambda: a_till(a_shop(), live.test_client()))
        anna = f"/members/{till.post('/members', ANNA).json['id']}"
        till.put("/registry-mappings/till", a_definition())
        member, mapping = (till.get(path).headers["ETag"] for path in (anna, "/registry-mappings/till"))

    def amend(name: str) -> int:
        client = Till(till.shop, live.test_client(), till.token)
        return int(client.patch(anna, {"profile": {"first_name": name}}, If_Match=member).status_code)

    def save(zone: str) -> int:
        client = Till(till.shop, live.test_client(), till.token)
        return int(client.put("/registry-mappings/till", a_definition(zone=zone), If_Match=mapping).status_code)

    amended = at_once(live, [lambda name=name: amend(name) for name in "ABCD"])
    saved = at_once(live, [lambda zone=zone: save(zone) for zone in ("Europe/Vilnius", "Asia/Tokyo", "Asia/Almaty")])

    assert (sorted(amended), sorted(saved)) == ([200, 412, 412, 412], [200, 412, 412])


def test_every_change_of_one_thing_that_can_be_read_documents_if_match(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").json["paths"]
    changes = {
        f"{method} {path}": [*operations.get("parameters", ()), *operations[method].get("parameters", ())]
        for path, operations in paths.items()
        for method in ("patch", "put")
        if method in operations and "get" in operations and path.count("{")
    }

    assert len(changes) >= 3
    assert {name for name, said in changes.items() if IF_MATCH not in said} == set()
