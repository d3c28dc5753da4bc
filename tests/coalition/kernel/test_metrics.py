"""What Prometheus reads: requests by endpoint, jobs and events as they stand; for the machine or a token only."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel.config import ROOT
from coalition.kernel.db import execute, transact

_TWO_PROCESSES = """
import os
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
for _ in range(2):
    child = os.fork()
    if not child:
        from coalition.kernel import metrics
        metrics._requests.labels("healthz", "GET", 200).inc(3)
        os._exit(0)
    os.waitpid(child, 0)
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def told(app: Flask, **headers: str) -> tuple[int, str]:
    answer = app.test_client().get("/metrics", headers=headers)
    return answer.status_code, answer.text


def value(text: str, name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def test_requests_jobs_and_events_are_told(app: Flask) -> None:
    labels = 'coalition_requests_total{endpoint="healthz",method="GET",status="200"}'
    before = value(told(app)[1], labels)
    transact(lambda: execute("INSERT INTO job (kind, state, finished_at) VALUES ('x', 'dead', now())"))
    transact(
        lambda: execute(
            "INSERT INTO outbox (kind, key, payload, created_at) VALUES ('x', 'x', '{}', now() - interval '90 s')"
        )
    )

    app.test_client().get("/healthz")
    app.test_client().open("/healthz", method="BREW")
    status, text = told(app)

    assert status == 200
    assert value(text, labels) == before + 1
    assert 'method="BREW"' not in text
    assert value(text, 'coalition_jobs{kind="x",state="dead"}') == 1
    assert value(text, "coalition_outbox_waiting") == 1
    assert 90 <= value(text, "coalition_outbox_lag_seconds") < 120
    assert "coalition_request_seconds_bucket" in text


def test_nobody_from_elsewhere_reads_them(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 404
    assert told(app, **{"X-Forwarded-For": "127.0.0.1"})[0] == 404


def test_with_a_token_only_its_bearer_reads_them(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with_token = replace(app.config["COALITION"], metrics_token="scrape-me-0123456789")
    monkeypatch.setitem(app.config, "COALITION", with_token)

    assert told(app)[0] == 404
    assert told(app, Authorization="Bearer wrong")[0] == 404
    assert told(app, Authorization="Bearer scrape-me-0123456789")[0] == 200


def test_the_workers_of_one_server_are_counted_together(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", _TWO_PROCESSES], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert value(done.stdout, "coalition_requests_total") == 6
