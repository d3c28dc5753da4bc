"""Playing the story against the application, and telling apart what changes from run to run from what may not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient

from coalition.kernel import jobs
from tests.examples.steps import Step

_ID = re.compile(r"\b[a-z]{3}_[0-9a-z]{13,60}\b")
_INSTANT = re.compile(r"\b20\d\d-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")
_REQUEST = re.compile(r"\breq_\d{14}_[0-9a-f]{12}\b")
_SECRET = re.compile(r"\b(whsec|secret|token)_[\w+/=-]{20,}")
_MADE = {"number", "secret", "proof", "hint", "next_cursor", "event_id"}  # values that are drawn by chance
_TOLD = ("Idempotency-Key",)


def play(client: FlaskClient, token: str, story: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    """Every step as an example: what was asked and what was answered."""
    kept: dict[str, str] = {}
    for step in story:
        if step.after_jobs:
            jobs.run_due()
        path = step.address.format(**kept)
        body = step.text if step.text is not None else None if step.body is None else json.dumps(step.body)
        headers = {"Authorization": f"Bearer {token}", **step.headers}
        if body is not None:
            headers["Content-Type"] = step.content_type
        answer = client.open(path, method=step.method, data=body, headers=headers)
        answered = answer.get_json(silent=True) if (answer.mimetype or "").endswith("json") else None
        kept |= {name: str(_at(answered, where)) for name, where in step.keep.items()}
        asked: dict[str, Any] = {"method": step.method, "path": path}
        if body is not None:
            asked |= {"content_type": step.content_type, "body": step.text if step.text is not None else step.body}
        told = {"status": answer.status_code, "content_type": answer.mimetype, "body": masked(answered)}
        yield {"operation": step.operation, "request": asked, "response": told}


def settled(value: Any) -> Any:
    """An example without what changes from run to run: ids, instants, and what is drawn by chance."""
    if isinstance(value, dict):
        return {
            name: "<drawn>" if name in _MADE and inner is not None else settled(inner) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    if isinstance(value, str):
        return _INSTANT.sub("<instant>", _ID.sub("<id>", _REQUEST.sub("<request>", value)))
    return value


def masked(value: Any) -> Any:
    """An answer without secrets: an example shows where one stands, not what it is."""
    return json.loads(_SECRET.sub(r"\1_...", json.dumps(value)))


def _at(body: Any, where: str) -> Any:
    for step in where.split("."):
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body
