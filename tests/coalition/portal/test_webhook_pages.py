"""The webhook console: a partner's people see and change their own endpoints, and see what was sent and answered."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from coalition.kernel import ids, jobs
from coalition.kernel.db import transact
from coalition.partners import webhooks
from tests.coalition.portal.conftest import Sign
from tests.coalition.purchases.builders import Shop, a_receipt

URL = "http://127.0.0.1:9/hooks"
FORM = {"url": URL, "types": ["points.issued"], "description": "Till"}


def _endpoint(shop: Shop) -> str:
    at, _ = transact(lambda: webhooks.create(shop.partner.id, URL, ["points.issued"]))
    return ids.public("whk", at.id)


def test_an_endpoint_is_made_and_its_secret_shown_this_once(sign_in: Sign, shop: Shop) -> None:
    manager = sign_in(shop.partner, "partner_admin")
    assert manager.get("/portal/webhooks/new").status_code == 200

    page = manager.post("/portal/webhooks/new", data=FORM)

    assert "whsec_" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    (at,) = transact(lambda: webhooks.endpoints(shop.partner.id))
    for path in ("/portal/webhooks", f"/portal/webhooks/{ids.public('whk', at.id)}"):
        assert URL in manager.get(path).text
        assert "whsec_" not in manager.get(path).text


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(sign_in: Sign, shop: Shop) -> None:
    manager = sign_in(shop.partner, "partner_admin")

    bad_url = manager.post("/portal/webhooks/new", data=FORM | {"url": "http://shop.example/hooks"})
    no_types = manager.post("/portal/webhooks/new", data=FORM | {"types": []})
    foreign = manager.post("/portal/webhooks/new", data=FORM | {"types": ["money.printed"]})

    assert [page.status_code for page in (bad_url, no_types, foreign)] == [422, 422, 422]
    assert 'id="url-error"' in bad_url.text
    assert "http://shop.example/hooks" in bad_url.text
    assert 'href="#types"' in no_types.text
    assert transact(lambda: webhooks.endpoints(shop.partner.id)) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://a.test", "Begin with https://"),
        ("shop.example/hooks", "Begin with https://"),
        ("http://shop.example/hooks", "Begin with https://"),
        ("https://me:secret@shop.example/", "Leave the user name"),
        ("https://10.0.0.1/hooks", "not of the public internet"),
        ("https://shop.example:8080/hooks", "ports 443 and 8443"),
        ("https://shop.example/#hooks", "Enter a whole address"),
    ],
)
def test_an_address_that_is_never_called_is_refused_in_words_that_help(
    sign_in: Sign, shop: Shop, url: str, words: str
) -> None:
    page = sign_in(shop.partner, "partner_admin").post("/portal/webhooks/new", data=FORM | {"url": url})

    assert page.status_code == 422 and page.text.count(words) == 2, "above the form and beside the field"


def test_an_endpoint_is_changed_tried_switched_given_a_new_secret_and_removed(sign_in: Sign, shop: Shop) -> None:
    manager, at = sign_in(shop.partner, "partner_admin"), _endpoint(shop)
    path = f"/portal/webhooks/{at}"

    assert manager.get(f"{path}/edit").status_code == 200
    changed = manager.post(f"{path}/edit", data=FORM | {"types": ["tier.changed", "points.issued"]})
    assert changed.status_code == 303
    assert "whsec_" in manager.post(f"{path}/rotate").text
    assert "said=test" in manager.post(f"{path}/test").location
    assert "said=replay" in manager.post(f"{path}/replay", data={"since": "week"}).location
    assert "said=off" in manager.post(f"{path}/off").location
    assert "refused_endpoint_off" in manager.post(f"{path}/test").location
    assert "said=on" in manager.post(f"{path}/on").location
    for said in ("test", "replay", "refused_endpoint_off"):
        assert manager.get(f"{path}?said={said}&count=3").status_code == 200

    (found,) = transact(lambda: webhooks.endpoints(shop.partner.id))
    assert (list(found.event_types), found.state) == (["points.issued", "tier.changed"], "on")
    assert manager.post(f"{path}/delete").status_code == 303
    assert manager.get(path).status_code == 404


def test_a_delivery_shows_the_request_each_answer_and_is_sent_again(sign_in: Sign, shop: Shop) -> None:
    manager, at = sign_in(shop.partner, "partner_admin"), _endpoint(shop)
    transact(lambda: shop.record(a_receipt(1000, external_id="R-77")))
    jobs.run_due()

    log = manager.get(f"/portal/webhooks/{at}").text
    delivery = re.findall(r"dlv_[0-9a-z]{13}", log)[0]
    page = manager.get(f"/portal/webhooks/deliveries/{delivery}").text
    sent = manager.post(f"/portal/webhooks/deliveries/{delivery}/resend")

    assert "R-77" in page
    assert "webhook-id: msg_" in page
    assert "nobody could be reached" in page
    assert sent.location.endswith("said=refused_delivery_waiting")
    assert "on its way" in manager.get(f"/portal/webhooks/{at}?state=waiting").text
    assert "No delivery fits" in manager.get(f"/portal/webhooks/{at}?state=delivered").text


def test_a_reader_sees_all_of_it_and_changes_nothing(reader: FlaskClient, shop: Shop) -> None:
    at = _endpoint(shop)
    path = f"/portal/webhooks/{at}"

    assert reader.get("/portal/webhooks").status_code == reader.get(path).status_code == 200
    assert "/rotate" not in reader.get(path).text
    posts = ["/portal/webhooks/new", *(f"{path}/{deed}" for deed in ("edit", "rotate", "test", "off", "delete"))]
    assert {reader.post(one, data=FORM).status_code for one in posts} == {403}
    assert len(transact(lambda: webhooks.endpoints(shop.partner.id))) == 1


def test_a_twin_s_endpoints_and_deliveries_do_not_exist(sign_in: Sign, shop: Shop, twin: Shop) -> None:
    manager, at = sign_in(shop.partner, "partner_admin"), _endpoint(twin)
    number = transact(lambda: webhooks.try_out(ids.parse("whk", at), twin.partner.id))
    path, delivery = f"/portal/webhooks/{at}", f"/portal/webhooks/deliveries/{ids.public('dlv', number)}"

    gets = [manager.get(one).status_code for one in (path, f"{path}/edit", delivery)]
    posts = [f"{path}/{deed}" for deed in ("edit", "rotate", "on", "off", "test", "replay", "delete")]
    answers = [manager.post(one, data=FORM).status_code for one in (*posts, f"{delivery}/resend")]

    assert {*gets, *answers} == {404}
    assert at not in manager.get("/portal/webhooks").text
    (left,) = transact(lambda: webhooks.endpoints(twin.partner.id))
    assert (left.state, list(left.event_types)) == ("on", ["points.issued"])
