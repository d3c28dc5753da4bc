"""No example goes stale: each is asked again in every run, and no operation is without one.

`EXAMPLES=record python -m pytest -n 0 tests/examples` writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, sandbox
from coalition.api.docs import examples
from coalition.kernel import jobs
from coalition.kernel.db import transact
from tests.builders import a_program
from tests.coalition.purchases.builders import a_shop
from tests.examples.playing import play, settled
from tests.examples.steps import STORY

VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def played(app: Flask, client: FlaskClient) -> dict[str, dict[str, Any]]:
    """The story as it goes today, the first answer of each operation."""
    shop = transact(lambda: a_shop(a_program("coral", expiry_months=None), "freshmart"))
    made = transact(lambda: sandbox.switch_on(shop.partner.id))
    assert made is not None
    token = access.issue_token(made[1], made[2], access.SCOPES.keys() - {"statements:witness"}).value
    jobs.run_due()
    client.get("/api/v1/changes", headers={"Authorization": f"Bearer {token}"})  # opens the feed: what follows is in it
    found: dict[str, dict[str, Any]] = {}
    for example in play(client, token, STORY):
        found.setdefault(example["operation"], example)
    return found


def test_every_example_is_answered_today_as_it_was_recorded(played: dict[str, dict[str, Any]]) -> None:
    if os.environ.get("EXAMPLES") == "record":
        for operation, example in played.items():
            text = json.dumps(example, indent=2, ensure_ascii=False)
            examples.file_of(operation).write_text(text + "\n", encoding="utf-8")
    recorded = examples.read()

    assert {operation: settled(example) for operation, example in played.items()} == {
        operation: settled(example) for operation, example in recorded.items()
    }


def test_no_operation_is_without_an_example(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    known = {f"{verb.upper()} {path}" for path, item in document["paths"].items() for verb in VERBS if verb in item}

    assert known - {step.operation for step in STORY} == set(), "tell of these in tests/examples/steps.py"
    assert {step.operation for step in STORY} - known == set()


def test_what_test_mode_can_do_succeeds(played: dict[str, dict[str, Any]]) -> None:
    tills = ("/members", "/purchases", "/holds", "/events", "/quotes", "/donations", "/transfers")
    parts = (*tills, "/registries", "/registry-", "/webhook-")
    own = [one for name, one in played.items() if name.split()[1].removeprefix("/api/v1").startswith(parts)]

    assert len(own) >= 35
    assert [(one["operation"], one["response"]["status"]) for one in own if one["response"]["status"] >= 300] == []


def test_the_reference_shows_them(client: FlaskClient) -> None:
    page = client.get("/api/docs").text

    assert page.count("data-example") == len(examples.read())
    assert "magic" not in page
