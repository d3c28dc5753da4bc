"""The page on webhooks names every type, and each schema is served and fits the example beside it."""

from __future__ import annotations

import json

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from coalition.api.docs.told_webhooks import sample
from coalition.partners.webhooks import event_types


def test_every_type_has_its_example_and_its_schema(client: FlaskClient) -> None:
    page = client.get("/api/docs/webhooks").text

    for one in event_types():
        schema = client.get(f"/api/docs/webhooks/{one.name}.json").json
        Draft202012Validator(schema).validate(json.loads(sample(one).example))
        assert f"<code>{one.name}</code>" in page
    assert client.get("/api/docs/webhooks/money.printed.json").status_code == 404
