"""Test mode on its page: an administrator of the partner switches it on and sees the credentials once."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from coalition import access, sandbox
from coalition.kernel.db import transact
from tests.coalition.portal.conftest import Sign
from tests.coalition.purchases.builders import Shop

PAGE = "/portal/testing"
_SHOWN = re.compile(r"CLIENT_ID=(\S+)\nCLIENT_SECRET=(secret_[\w-]+)")


def _manager(sign_in: Sign, shop: Shop) -> FlaskClient:
    return sign_in(shop.partner, "partner_admin")


def test_credentials_are_shown_once_and_hold(shop: Shop, sign_in: Sign) -> None:
    browser = _manager(sign_in, shop)
    assert "Switch test mode on" in browser.get(PAGE).text

    shown = _SHOWN.search(browser.post(PAGE).text)

    assert shown is not None
    assert access.verify_client(*shown.groups()) is not None
    later = browser.get(PAGE).text
    assert shown[1] in later
    assert shown[2] not in later
    assert all(card.number in later for card in sandbox.CARDS)
    full = next(card.number for card in sandbox.CARDS if card.state == "points")
    assert f"CLIENT_ID={shown[1]}\nURL=http://localhost\nOUTLET=TEST\nCARD={full}" in later


def test_switching_on_twice_shows_no_other_secret(shop: Shop, sign_in: Sign) -> None:
    browser = _manager(sign_in, shop)
    browser.post(PAGE)

    again = browser.post(PAGE)

    assert (again.status_code, again.location) == (303, PAGE)


def test_a_new_secret_holds_for_the_partner_s_test_client_only(shop: Shop, twin: Shop, sign_in: Sign) -> None:
    browser, other = _manager(sign_in, shop), _manager(sign_in, twin)
    theirs = _SHOWN.search(other.post(PAGE).text)
    mine = _SHOWN.search(browser.post(PAGE).text)
    assert theirs
    assert mine

    anew = _SHOWN.search(browser.post(f"{PAGE}/secret", data={"client": mine[1]}).text)
    foreign = browser.post(f"{PAGE}/secret", data={"client": theirs[1]})

    assert anew is not None
    assert anew[2] != mine[2]
    assert access.verify_client(*anew.groups()) is not None
    assert foreign.status_code == 404


def test_starting_over_makes_another_test_program(shop: Shop, sign_in: Sign) -> None:
    browser = _manager(sign_in, shop)
    browser.post(PAGE)
    before = sandbox.find(shop.partner.id)

    over = browser.post(f"{PAGE}/reset", follow_redirects=True)

    after = sandbox.find(shop.partner.id)
    assert before
    assert after
    assert "Test mode has started over" in over.text
    assert (before.generation, after.generation) == (1, 2)


def test_who_only_reads_changes_nothing(shop: Shop, sign_in: Sign) -> None:
    reader = sign_in(shop.partner, "partner")

    assert "Switch test mode on" not in reader.get(PAGE).text
    assert reader.post(PAGE).status_code == 403
    assert transact(lambda: sandbox.find(shop.partner.id)) is None
    transact(lambda: sandbox.switch_on(shop.partner.id))
    assert reader.post(f"{PAGE}/reset").status_code == 403
    assert reader.post(f"{PAGE}/secret", data={"client": "client_test_1"}).status_code == 403
