"""Who may enter the portal, and what its one menu offers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop


def test_nobody_is_sent_to_sign_in_and_staff_and_members_are_refused(app: Flask, shop: Shop) -> None:
    visitor, staff = app.test_client(), signed_in(app, "staff@coral.test", "admin")

    sent = visitor.get("/portal/")

    assert (sent.status_code, sent.headers["Location"]) == (303, "/login?next=/portal/")
    assert staff.get("/portal/").status_code == 403


@pytest.mark.parametrize(("language", "words"), [("en", "Statements"), ("ru", "Выписки")])
def test_every_page_has_one_menu_of_all_floors(reader: FlaskClient, language: str, words: str) -> None:
    reader.set_cookie("language", language)

    for path in ("/portal/", "/portal/statements", "/portal/disputes"):
        page = reader.get(path).text
        [menu] = re.findall(r'<nav class="chips chips-wrap.*?</nav>', page, re.DOTALL)
        assert words in menu and 'href="/portal/"' in menu and 'href="/portal/disputes"' in menu
        assert menu.count('aria-current="true"') == 1


SUSPENDED = {"en": "read here but change nothing", "ru": "читать, но не менять"}


@pytest.mark.parametrize("language", SUSPENDED)
def test_people_of_a_suspended_partner_read_and_change_nothing(
    app: Flask, manager: FlaskClient, shop: Shop, language: str
) -> None:
    manager.set_cookie("language", language)
    words, outlet = SUSPENDED[language], "/portal/outlets/S1/switch"
    before = manager.get("/portal/").text
    transact(lambda: access.suspend_partner(shop.partner.id, "Does not pay"))

    pages = [manager.get(path) for path in ("/portal/", "/portal/outlets", "/portal/statements")]
    refused = manager.post(outlet)
    deeds = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    statuses = {
        rule.rule: manager.post(re.sub("<[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))).status_code
        for rule in deeds
        if rule.rule.startswith("/portal/")
    }
    transact(lambda: access.resume_partner(shop.partner.id))

    assert words not in before
    assert all(page.status_code == 200 and words in page.text for page in pages)
    assert refused.status_code == 403 and words in refused.text
    assert len(statuses) > 25 and [path for path, status in statuses.items() if status != 403] == []
    assert manager.post(outlet).status_code == 303
