"""`/metrics` for Prometheus: requests by endpoint, method and status; jobs, events and connections as they stand now.

Each process counts its own requests; where gunicorn runs several, PROMETHEUS_MULTIPROC_DIR names an empty folder that
they share, and any of them answers for all. What the database knows is read when asked. It answers who brings the
token (`METRICS_TOKEN`), or, where there is none, the machine itself, not through a proxy; anybody else finds no page.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterable, Iterator

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.pool import QueuePool

from coalition.kernel import config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import NotFound
from coalition.kernel.jobs import watching

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_own = CollectorRegistry()
_LABELS = ("endpoint", "method")
_requests = Counter("coalition_requests", "Requests that were answered", (*_LABELS, "status"), registry=_own)
_violations = Counter("coalition_csp_violations", "Reported breaches of a page's policy", ("directive",), registry=_own)
_seconds = Histogram("coalition_request_seconds", "Time to answer", _LABELS, buckets=_BUCKETS, registry=_own)
_told: list[Callable[[], Iterable[Metric]]] = []


def tell(source: Callable[[], Iterable[Metric]]) -> None:
    """Add a floor's figures to what a scrape answers; `source` opens its own transaction, and must be quick."""
    if source not in _told:
        _told.append(source)


def violated(directive: str) -> None:
    """Count a reported breach of a page's policy; a label must not be whatever somebody sends."""
    _violations.labels(directive).inc()


class Standing:
    """What the database and this process's pool say at the moment of asking."""

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        loads, backlog = transact(lambda: (watching.loads(), watching.backlog()))
        jobs = GaugeMetricFamily("coalition_jobs", "Jobs that live or were given up", labels=("kind", "state"))
        oldest = GaugeMetricFamily(
            "coalition_job_oldest_seconds", "How long the oldest due job waits", labels=("kind",)
        )
        for one in loads:
            for state in ("due", "later", "running", "stuck", "dead"):
                jobs.add_metric((one.kind, state), getattr(one, state))
            oldest.add_metric((one.kind,), one.oldest_s or 0)
        yield jobs
        yield oldest
        for source in _told:
            yield from source()
        yield GaugeMetricFamily("coalition_outbox_waiting", "Events that were not handed over", value=backlog.waiting)
        yield GaugeMetricFamily("coalition_outbox_lag_seconds", "How long the oldest event waits", value=backlog.lag_s)
        pool = getattr(db.engine, "pool", None)
        if isinstance(pool, QueuePool):
            used, kept = pool.checkedout(), pool.size()
            yield GaugeMetricFamily("coalition_db_connections_used", "Connections in use by who answers", value=used)
            yield GaugeMetricFamily("coalition_db_pool_size", "Connections that a process keeps", value=kept)


def init_app(app: Flask) -> None:
    """Count every request, and answer `/metrics`."""
    app.before_request(_begin)
    app.after_request(_count)
    app.add_url_rule("/metrics", "metrics", _metrics)


def _begin() -> None:
    g.counted_from = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    if endpoint != "metrics":
        _requests.labels(endpoint, _method(), response.status_code).inc()
        began = g.get("counted_from")
        if began is not None:
            _seconds.labels(endpoint, _method()).observe(time.perf_counter() - began)
    return response


def _method() -> str:
    """The method, if it is one that we know: a label must not be whatever somebody sends."""
    return request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"


def _metrics() -> Response:
    if not _admitted():
        raise NotFound()
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        counted = generate_latest(registry)
    else:
        counted = generate_latest(_own)
    standing = CollectorRegistry()
    standing.register(Standing())
    return Response(counted + generate_latest(standing), content_type=CONTENT_TYPE_LATEST)


def _admitted() -> bool:
    token = config.current().metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
