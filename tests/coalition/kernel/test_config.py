"""Configuration: every problem at once, and no weak secret in production."""

from __future__ import annotations

import secrets

import pytest

from coalition.kernel.config import ConfigError, load

KNOWN = [
    "change-me-change-me-change-me-really-1234",
    "django-insecure-2!k#x9v7q3m5n8b1c4z6l0p2w",
    "an-unguessable-key-for-the-tests-9876543",
    "demo-00000000000000000000000000000000-xyz",
    "this is the SECRET of the company, never share",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
]
GOOD = {"DATABASE_URL": "postgresql://app@db/coalition", "SECRET_KEY": secrets.token_urlsafe(48)}


def test_every_problem_is_named_at_the_same_time() -> None:
    with pytest.raises(ConfigError) as error:
        load(
            {"COALITION_ENV": "prod", "REDIS_URL": "http://x", "WEB_THREADS": "many", "BASE_URL": "ftp://x"}
            | {"TRUSTED_PROXIES": "all"}
        )

    named = "\n".join(error.value.problems)
    names = ("COALITION_ENV", "DATABASE_URL", "REDIS_URL", "WEB_THREADS", "BASE_URL", "TRUSTED_PROXIES")
    assert all(name in named for name in names)


@pytest.mark.parametrize("secret", ["", "secret", "short-but-random-8f3a", "a" * 64, "abcabcabc" * 10, *KNOWN])
def test_production_refuses_a_weak_secret(secret: str) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        load({**GOOD, "SECRET_KEY": secret})


def test_a_good_configuration_is_typed_and_complete() -> None:
    config = load({**GOOD, "BASE_URL": "https://club.example/"})

    assert config.database_url == "postgresql+psycopg://app@db/coalition"
    assert config.owner_url == config.database_url
    assert (config.redis_url, config.base_url, config.secure_cookies) == (None, "https://club.example", True)


def test_no_inner_network_is_fetched_from_in_production_unless_it_is_named() -> None:
    assert load(GOOD).outbound_networks == ()
    assert load({**GOOD, "COALITION_ENV": "demo"}).outbound_networks == ("127.0.0.0/8", "::1/128")
    assert load({**GOOD, "OUTBOUND_NETWORKS": "10.2.0.0/16, fd00::/8"}).outbound_networks == ("10.2.0.0/16", "fd00::/8")
    with pytest.raises(ConfigError, match="OUTBOUND_NETWORKS"):
        load({**GOOD, "OUTBOUND_NETWORKS": "everything"})


def test_cash_is_taken_only_with_both_secrets_and_leads_to_origins_alone() -> None:
    both = {**GOOD, "STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}

    assert load(GOOD).payments is None
    account = load(both).payments
    assert account is not None
    assert (account.api_base, account.page_origin) == ("https://api.stripe.com", "https://checkout.stripe.com")
    assert "sk_test_x" not in repr(load(both))
    with pytest.raises(ConfigError, match="belong together"):
        load({**GOOD, "STRIPE_SECRET_KEY": "sk_test_x"})
    with pytest.raises(ConfigError, match="origins"):
        load({**both, "STRIPE_PAGE_ORIGIN": "https://pay.example; script-src *"})


def test_a_way_of_mails_is_read_and_its_password_is_in_no_log() -> None:
    found = load({**GOOD, "MAIL_URL": "smtp://club:p%40ss@mail.example:587", "MAIL_FROM": "Club <club@club.example>"})
    ses = load({**GOOD, "MAIL_URL": "ses://KEY:hush@eu-north-1", "MAIL_FROM": "club@club.example"}).mail

    assert found.mail is not None
    assert (found.mail.host, found.mail.port, found.mail.user, found.mail.secret) == (
        "mail.example",
        587,
        "club",
        "p@ss",
    )
    assert "p@ss" not in repr(found)
    assert ses is not None
    assert (ses.scheme, ses.host, ses.secret) == ("ses", "eu-north-1", "hush")
    assert load(GOOD).mail is None


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://host:port", "mail.example:25"])
def test_a_way_of_mails_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="MAIL_URL"):
        load({**GOOD, "MAIL_URL": url, "MAIL_FROM": "club@club.example"})


def test_mails_come_from_somewhere() -> None:
    with pytest.raises(ConfigError, match="MAIL_FROM"):
        load({**GOOD, "MAIL_URL": "smtp://mail.example"})
