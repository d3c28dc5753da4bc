"""Registering by mail and signing in with a passkey, in a real browser with a virtual authenticator."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.journeys.running import Running, eventually

pytestmark = pytest.mark.browser
_PASSWORD = "correct horse battery"
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def caught_link(running: Running, recipient: str) -> str:
    """The link in the mail that was caught for somebody."""
    name = eventually(lambda: running.last_mail(recipient))
    link = re.search(r'href="(http[^"]+token=[^"]+)"', running.mail(name))
    assert link is not None
    return link.group(1)


def test_a_visitor_joins_by_mail_and_comes_back_with_a_passkey(browser: Any, running: Running) -> None:
    base = running.base_url.replace("127.0.0.1", "localhost")  # no browser makes a passkey for a number
    session = browser.new_context(base_url=base)
    page = session.new_page()
    devices = session.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})

    page.goto("/join")
    page.fill("#email", "passkey@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/join?*done=sent")
    page.goto(caught_link(running, "passkey@example.com").replace("127.0.0.1", "localhost"))
    for name, value in {"first_name": "Pia", "last_name": "K", "password": _PASSWORD, "again": _PASSWORD}.items():
        page.fill(f"#{name}", value)
    page.check("#rules")
    page.check("#personal_data")
    page.get_by_role("button", name="Become a member").click()
    page.wait_for_url("**/account")

    page.goto("/security")
    page.fill("#old-passkey", _PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/security?done=passkey")
    session.clear_cookies()

    page.goto("/login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/account")
    session.close()
