"""The API against its own OpenAPI document, by schemathesis, as five callers: what it may answer is what is written.

Four are people of the world (`everything`, `reader`, `stranger`, `nobody`), the fifth has a forged token. Of what was
let in, `ignored_auth` asks again without a token and with a wrong one. In stories two more checks look at what came
before: what was deleted is gone (`use_after_free`), and what was made is there (`ensure_resource_availability`). They
hold for every operation of ours: nothing that is deleted can still be read, nothing that was made is hidden from its
maker.

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
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)

from coalition import access
from coalition.kernel.db import transact
from tests.walls.tenants import Tenant

REQUESTS = int(os.environ.get("API_REQUESTS", "400"))
CALLERS = ("everything", "reader", "stranger", "nobody", "forger")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
LATER = [*CHECKS, use_after_free, ensure_resource_availability]
_QUIET = list(HealthCheck)
_TRIES = 3


@pytest.fixture
def tokens(tenants: dict[str, Tenant]) -> dict[str, str]:
    """Somebody with every scope, one who may only read, one of another program, nobody, and a forger."""
    mine = tenants["mine"].partner
    reading = [scope for scope in access.SCOPES if scope.endswith(":read")]
    credentials = transact(lambda: access.create_client(mine.program_id, mine.id, "reader", reading))
    reader = transact(lambda: access.issue_token(*credentials, reading)).value
    all_of_it = tenants["mine"].token
    forged = all_of_it[:-8] + all_of_it[-8:].swapcase()
    others = {"stranger": tenants["stranger"].token, "nobody": "", "forger": forged}
    return {"everything": all_of_it, "reader": reader, **others}


@pytest.fixture(scope="module")
def schema(house: Flask) -> Any:
    """The document, read once: schemathesis looks through the sources of the whole application for words to try."""
    return _schema(house)


@pytest.fixture(scope="module")
def cases(schema: Any) -> list[Any]:
    """What is asked: some cases of each operation, drawn once and asked by every caller."""
    operations = [one.ok() for one in schema.get_all_operations()]
    assert len(operations) > 60
    each = max(1, REQUESTS // (len(CALLERS) * len(operations)))
    return [case for operation in operations for case in _drawn(operation, each)]


def _schema(app: Flask) -> Any:
    """The document, in which OAuth is told as what it is on the wire: `ignored_auth` only knows headers."""
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    document["components"]["securitySchemes"]["oauth2"] = {"type": "http", "scheme": "bearer"}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    return schema


def _headers(token: str) -> dict[str, str]:
    plain = {"Accept-Encoding": "identity"}  # the client of schemathesis unpacks nothing
    return plain | ({"Authorization": f"Bearer {token}"} if token else {})


@pytest.mark.parametrize("caller", CALLERS)
def test_whatever_is_asked_the_answer_is_one_of_those_written_down(
    tokens: dict[str, str], cases: list[Any], caller: str
) -> None:
    answers, headers = Counter[int](), _headers(tokens[caller])

    for case in cases:
        _ask(case, headers, answers, known=caller not in ("nobody", "forger"))

    assert sum(answers.values()) == len(cases)
    if caller in ("nobody", "forger"):
        assert {status for status in answers if status < 400} <= {200}, answers  # what anybody may read


def _drawn(operation: Any, each: int) -> list[Any]:
    """At most `each` cases of an operation, at least one; the same in every run."""
    found: list[Any] = []

    @seed(20261126)
    @settings(max_examples=each, deadline=None, database=None, suppress_health_check=_QUIET, phases=[Phase.generate])
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        found.append(case)

    one()
    assert found
    return found


def _ask(case: Any, headers: dict[str, str], answers: Counter[int], *, known: bool) -> None:
    answer = case.call(headers=headers)
    answers[answer.status_code] += 1
    case.validate_response(answer, checks=CHECKS, headers=headers, transport_kwargs={"headers": headers})
    if not known and case.operation.definition.raw.get("security"):
        assert answer.status_code == 401, f"{case.method} {case.path}: {answer.status_code}"


def test_what_one_answer_names_the_next_request_takes(schema: Any, tokens: dict[str, str]) -> None:
    machine = schema.as_state_machine()
    headers, made = _headers(tokens["everything"]), Counter[int]()
    failures: list[BaseException] = []

    class Story(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            made[response.status_code] += 1
            sent = {"headers": headers}
            try:
                case.validate_response(
                    response, checks=LATER, headers=headers, transport_kwargs=sent, recorder=self.recorder
                )
            except BaseException as failure:
                failures.append(failure)
                raise

    story = settings(
        max_examples=max(1, REQUESTS // 50),
        stateful_step_count=6,
        deadline=None,
        database=None,
        suppress_health_check=_QUIET,
    )
    for left in reversed(range(_TRIES)):
        try:
            run_state_machine_as_test(Story, settings=story)
            break
        except Flaky:  # a story begun alike went on otherwise, because the house remembers the first: told anew
            if failures or not left:
                raise

    assert failures == []
    assert sum(made.values()) >= REQUESTS // 50


def test_an_operation_that_says_it_wants_a_token_and_does_not_look_is_found(
    house: Flask, tokens: dict[str, str]
) -> None:
    careless = Flask("careless")
    wanted = house.test_client().get("/api/v1/openapi.json").get_json()
    secured = {"security": [{"oauth2": ["holds:read"]}], "responses": {"200": {"description": "OK"}}}
    document = {**wanted, "paths": {"/secrets": {"get": secured}}}
    careless.add_url_rule("/api/v1/openapi.json", "document", lambda: document)
    careless.add_url_rule("/secrets", "secrets", lambda: {"number": 7})
    (operation,) = [one.ok() for one in _schema(careless).get_all_operations()]

    with pytest.raises(FailureGroup) as found:
        for case in _drawn(operation, 1):
            _ask(case, _headers(tokens["everything"]), Counter[int](), known=True)

    assert "authentication" in str(found.value)
