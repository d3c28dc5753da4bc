"""What holds of every page: no form without its token, our hosts alone, headers that browsers obey, no way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel.config import Config, load
from coalition.site.preferences import safe_path
from wsgi import create_app

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_BEARERS = ("/api/", "/oauth/token", "/oauth/introspect", "/oauth/revoke")
_PART = re.compile(r"<[^>]+>")


@pytest.fixture
def checking(app: Flask) -> Iterator[FlaskClient]:
    """A browser of an application that checks forms, as in life."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture(scope="module")
def secure(base_config: Config) -> Flask:
    """The application behind https, under one name."""
    app = create_app(replace(base_config, base_url="https://club.example", hosts=("club.example",)))
    app.config.update(TESTING=True)
    return app


def test_no_unsafe_request_that_a_cookie_could_prove_goes_without_a_token(checking: FlaskClient, app: Flask) -> None:
    calls = {(m, str(rule)) for rule in app.url_map.iter_rules() for m in _UNSAFE & (rule.methods or set())}
    guarded = sorted((m, rule) for m, rule in calls if not rule.startswith(_BEARERS))
    answers = {f"{m} {rule}": checking.open(_PART.sub("x", rule), method=m).status_code for m, rule in guarded}

    assert len(guarded) > 100
    assert {called: status for called, status in answers.items() if status != 400} == {}


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:evil.example",
        "/%09/evil.example\n",
        "https:/evil.example",
        "evil.example",
        "@evil.example",
        "/\u2028/evil.example",
        "",
    ],
)
def test_no_way_back_leads_to_another_site(target: str) -> None:
    whither = urlsplit(urljoin("https://club.example/login", safe_path(target).replace("\\", "/")))

    assert (whither.scheme, whither.netloc) == ("https", "club.example")


@pytest.mark.parametrize("host", ["evil.example", "club.example.evil.example", "club.example@evil.example", "x y"])
def test_only_our_hosts_are_answered(secure: Flask, host: str) -> None:
    client = secure.test_client()
    answers = [client.get(path, headers={"Host": host}) for path in ("/login", "/api/v1/openapi.json", "/oauth/token")]

    assert {answer.status_code for answer in answers} == {400}
    assert not any("evil" in answer.text or answer.location for answer in answers)
    assert client.get("/healthz", headers={"Host": "10.2.3.4"}).status_code == 200


def test_a_browser_is_told_how_to_behave(secure: Flask) -> None:
    answer = secure.test_client().get("/login", headers={"Host": "club.example"}, base_url="https://club.example")
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "session" in line)

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert cookie.startswith("__Host-session=")
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


def test_plain_http_promises_no_https(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/login").headers


def test_the_hosts_are_those_of_the_address_and_those_named() -> None:
    env = {"DATABASE_URL": "postgresql://app@db/x", "SECRET_KEY": "kT9vQ2xW7rB4mZ8nL1cF6hJ3dS5gP0aYeU-oIqXw"}
    production = load({**env, "BASE_URL": "https://Club.example", "ALLOWED_HOSTS": "www.club.example, .club.test"})

    assert production.hosts == ("club.example", "www.club.example", ".club.test")
    assert load({**env, "COALITION_ENV": "demo", "BASE_URL": "http://127.0.0.1:8000"}).hosts == (
        "127.0.0.1",
        "localhost",
        "[::1]",
    )
