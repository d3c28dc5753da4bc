"""Reports of broken policies: both forms count by directive, and whatever else is sent changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel import violations
from tests.coalition.kernel.test_metrics import told, value

OLD = {"csp-report": {"document-uri": "https://club.example/cart?token=secret", "blocked-uri": "inline"}}
NEW = {"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "https://evil.example/x?y"}}


def counted(app: Flask, directive: str) -> float:
    return value(told(app)[1], f'coalition_csp_violations_total{{directive="{directive}"}}')


def sent(client: FlaskClient, body: Any, kind: str = "application/csp-report") -> int:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/api/csp-reports", data=text, content_type=kind).status_code


def test_pages_name_the_address_of_reports_in_both_ways(client: FlaskClient) -> None:
    answer = client.get("/no-such-page")

    assert "report-uri /api/csp-reports; report-to csp" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Reporting-Endpoints"] == 'csp="/api/csp-reports"'


def test_both_forms_are_counted_by_directive(app: Flask, client: FlaskClient) -> None:
    before = [counted(app, name) for name in ("script-src", "img-src", "other")]
    old = {"csp-report": OLD["csp-report"] | {"violated-directive": "script-src 'self'"}}
    strange = {"csp-report": {"effective-directive": "script-src-of-somebody"}}

    answers = [sent(client, old), sent(client, [NEW, NEW], "application/reports+json"), sent(client, strange)]

    assert answers == [204, 204, 204]
    after = [counted(app, name) for name in ("script-src", "img-src", "other")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 2, 1]


def test_the_log_gets_a_few_a_minute_and_no_query(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(violations, "_logged", [])

    for _ in range(30):
        sent(client, OLD)

    said = [line for line in capsys.readouterr().err.splitlines() if "csp.violated" in line]
    assert len(said) == 20
    assert "/cart" in said[0]
    assert "secret" not in said[0]


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"{}", b"[1, null]", b'{"csp-report": 7}', b'[{"type": "deprecation", "body": {}}]'],
)
def test_what_is_no_report_is_refused(client: FlaskClient, body: bytes) -> None:
    assert sent(client, body) == 422


def test_a_long_report_is_not_read(client: FlaskClient) -> None:
    assert sent(client, b"[" + b" " * 20_000 + b"]") == 413
