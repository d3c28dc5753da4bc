"""The page on webhooks names every type, and each schema is served and fits the example beside it."""

from __future__ import annotations

import json

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from coalition.api.docs.told_webhooks import around, sample
from coalition.partners.webhooks import event_types


def test_every_type_has_its_example_and_its_schema(client: FlaskClient) -> None:
    page = client.get("/api/docs/webhooks").text

    for one in event_types():
        schema = client.get(f"/api/docs/webhooks/{one.name}.json").json
        Draft202012Validator(schema).validate(json.loads(sample(one).example))
        assert f"<code>{one.name}</code>" in page
    assert client.get("/api/docs/webhooks/money.printed.json").status_code == 404


def test_every_field_of_every_body_is_told_with_its_meaning_however_deep_it_stands(client: FlaskClient) -> None:
    page = client.get("/api/docs/webhooks").text
    told = {one.name: sample(one).fields for one in event_types()} | {"": around()}

    assert {(name, one.path) for name, fields in told.items() for one in fields if not one.words} == set()
    assert {"awards[].points.amount", "awards[].expires_at"} <= {one.path for one in told["points.issued"]}
    assert "consignment.state" in {one.path for one in told["order.updated"]}
    assert [one.path for one in told[""]] == ["id", "type", "timestamp", "about", "sequence", "test", "data"]
    for fields in told.values():
        assert [one.path for one in fields if f'<code class="strong">{one.path}</code>' not in page] == []
