"""The API against its own OpenAPI document, by schemathesis, as four callers: what it may answer is what is written.

`API_REQUESTS` says how many requests are made (some hundreds in `make test`, 5,000 in CI, 20,000 in `make campaign`).
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from coalition import access
from coalition.kernel.db import transact
from tests.walls.tenants import Tenant

REQUESTS = int(os.environ.get("API_REQUESTS", "400"))
CALLERS = ("everything", "reader", "stranger", "nobody")
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
_QUIET = list(HealthCheck)


@pytest.fixture
def tokens(tenants: dict[str, Tenant]) -> dict[str, str]:
    """Somebody with every scope, one who may only read, one of another program, and nobody."""
    mine = tenants["mine"].partner
    reading = [scope for scope in access.SCOPES if scope.endswith(":read")]
    credentials = transact(lambda: access.create_client(mine.program_id, mine.id, "reader", reading))
    reader = transact(lambda: access.issue_token(*credentials, reading)).value
    return {"everything": tenants["mine"].token, "reader": reader, "stranger": tenants["stranger"].token, "nobody": ""}


def _schema(house: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house)


def _headers(token: str) -> dict[str, str]:
    plain = {"Accept-Encoding": "identity"}  # the client of schemathesis unpacks nothing
    return plain | ({"Authorization": f"Bearer {token}"} if token else {})


@pytest.mark.parametrize("caller", CALLERS)
def test_whatever_is_asked_the_answer_is_one_of_those_written_down(
    house: Flask, tokens: dict[str, str], caller: str
) -> None:
    operations = [one.ok() for one in _schema(house).get_all_operations()]
    each, answers = max(1, REQUESTS // (len(CALLERS) * len(operations))), Counter[int]()

    for operation in operations:
        _try(operation, each, _headers(tokens[caller]), answers)

    assert len(operations) > 60
    assert sum(answers.values()) >= len(operations)
    if caller == "nobody":
        assert {status for status in answers if status < 400} <= {200}, answers  # what anybody may read


def _try(operation: Any, each: int, headers: dict[str, str], answers: Counter[int]) -> None:
    @seed(20261126)
    @settings(max_examples=each, deadline=None, database=None, suppress_health_check=_QUIET, phases=[Phase.generate])
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        answer = case.call(headers=headers)
        answers[answer.status_code] += 1
        case.validate_response(answer, checks=list(CHECKS))
        if "Authorization" not in headers and operation.definition.raw.get("security"):
            assert answer.status_code == 401, f"{case.method} {case.path}: {answer.status_code}"

    one()


def test_what_one_answer_names_the_next_request_takes(house: Flask, tokens: dict[str, str]) -> None:
    machine = _schema(house).as_state_machine()
    headers, made = _headers(tokens["everything"]), Counter[int]()

    class Story(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            made[response.status_code] += 1
            case.validate_response(response, checks=list(CHECKS))

    story = settings(
        max_examples=max(1, REQUESTS // 50),
        stateful_step_count=6,
        deadline=None,
        database=None,
        suppress_health_check=_QUIET,
    )
    run_state_machine_as_test(Story, settings=story)

    assert sum(made.values()) > 0
