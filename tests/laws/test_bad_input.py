"""The bad-input corpus against every POST, PUT and PATCH of the API: a 4xx of the right kind, and nothing changed.

Generated over the routes: a new endpoint is attacked without anybody remembering to.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import fetch_one, transact
from tests.bad_input import CORPUS
from tests.builders import a_partner, a_program

# Files, not JSON objects: their own rejection tests stand beside them. They still refuse to be sent JSON.
UPLOADS = ("/api/v1/registries", "/api/v1/reconciliations", "/api/v1/suppliers/<code>/feeds/<feed>/runs")
SIGNED = "callbacks"
OF_A_MEMBER = "/api/v1/me/"  # takes a token of a member; attacked in tests/walls
_WATCHED = ("entry", "purchase", "member", "hold", "customer_order", "quote", "registry", "feed_run", "outbox", "audit")


def _targets(app: Flask) -> list[tuple[str, str]]:
    known = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    rules = [rule for rule in known if not rule.rule.startswith(OF_A_MEMBER)]
    return sorted(
        (method, rule.rule) for rule in rules for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}
    )


@pytest.fixture
def headers(app: Flask) -> dict[str, str]:
    """A bearer token with every scope."""
    return transact(_bearer)


def _bearer() -> dict[str, str]:
    partner = a_partner(a_program())
    client_id, secret = access.create_client(partner.program_id, partner.id, "test", access.SCOPES)
    return {"Authorization": f"Bearer {access.issue_token(client_id, secret, access.SCOPES).value}"}


def test_there_is_something_to_attack(app: Flask) -> None:
    assert len(_targets(app)) >= 12


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_bad_input_is_refused_everywhere_and_changes_nothing(
    app: Flask, client: FlaskClient, headers: dict[str, str], name: str
) -> None:
    body, statuses = CORPUS[name]
    before = _rows()

    for method, rule in _targets(app):
        path = re.sub(r"<[^>]+>", "x", rule)
        answer = client.open(path, method=method, data=body, headers=headers, content_type="application/json")
        _expect(answer, statuses, f"{method} {rule}", rule)

    assert _rows() == before


def _expect(answer: Any, statuses: frozenset[int], where: str, rule: str) -> None:
    problem = f"{where}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"
    if rule in UPLOADS or SIGNED in rule:
        assert 400 <= answer.status_code < 500, problem
    else:
        assert answer.status_code in statuses, problem
    assert answer.content_type == "application/problem+json", problem
    assert answer.json["code"] and answer.json["request_id"], problem


def _rows() -> list[int]:
    counted = [fetch_one(f"SELECT count(*) AS n FROM {table}") for table in _WATCHED]
    return [row.n for row in counted if row]
