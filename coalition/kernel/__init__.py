"""The ground under every floor: configuration, database, jobs, ports, time, ids, errors. No business words here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def init_app(app: Flask) -> None:
    """Wire the kernel into an application whose `COALITION` setting holds its Config."""
    from coalition.kernel import approvals, db, laws, logs, metrics, outbox, request_log, violations  # noqa: F401 - the outbox registers itself with the job queue
    from coalition.kernel.jobs import laws as job_laws
    from coalition.kernel.migrating import Migrating
    from coalition.kernel.web import api, exporting, health, pages, problem, requests, tags

    config = app.config["COALITION"]
    app.config["SECRET_KEY"] = config.secret_key
    logs.init_logs(config.secret_key)
    laws.register(job_laws.laws)
    laws.register(approvals.laws)
    db.init_app(app, config)
    app.cli.add_command(Migrating(app, MIGRATIONS))
    metrics.init_app(app)
    requests.init_app(app)
    problem.init_app(app)
    api.init_app(app)
    pages.init_app(app)
    tags.init_app(app, api.PREFIX)
    exporting.init_app(app)
    health.init_app(app)
    violations.init_app(app)
    request_log.init_app(app, starts=config.environment != "test")
