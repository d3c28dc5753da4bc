"""Who may enter the portal, and what its one menu offers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

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
