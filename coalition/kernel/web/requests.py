"""The threshold of every request: its id, its origin, what nobody can keep, and the line that the log keeps of it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask import Request as FlaskRequest
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from coalition.kernel import audit, clock
from coalition.kernel.errors import NotFound
from coalition.kernel.logs import logger
from coalition.kernel.web.problem import is_for_programs

_ACCEPTABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=+-]{0,127}")
_PROBES = ("/healthz", "/readyz", "/metrics")
log = logger("request")


class Request(FlaskRequest):
    """A request whose form, whoever reads it first, holds no NUL, unless a program is told of it in its own terms."""

    def _load_form_data(self) -> None:
        read = "form" in self.__dict__
        super()._load_form_data()
        if not read and not _told_otherwise():
            _refuse_nul(self.form)


def init_app(app: Flask) -> None:
    """Give every request an id and an origin, echo the id, and log one line at its end.

    Whom the trusted proxies speak for is who asks: brakes count by address, and would take all the world for one.
    """
    if proxies := app.config["COALITION"].trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.request_class = Request
    app.ensure_sync = _as_it_is  # type: ignore[method-assign,assignment]
    app.before_request(_arrive)
    app.before_request(_refuse_other_hosts)
    app.before_request(_refuse_unkeepable)
    app.after_request(_leave)


def _as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    """No function of ours is a coroutine: Flask need not look each of some twenty over for every request."""
    return function


def _arrive() -> None:
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _ACCEPTABLE.fullmatch(given) else f"req_{clock.now():%Y%m%d%H%M%S}_{uuid.uuid4().hex[:12]}"
    g.started = time.perf_counter()
    audit.set_origin(audit.Origin("anonymous", request.remote_addr, request_id))


def _refuse_other_hosts() -> Response | None:
    """A request for a host that is not ours gets no answer in which its name could stand; probes ask by number."""
    hosts = current_app.config["COALITION"].hosts
    if not hosts or request.path in _PROBES or host_is_trusted(request.host, hosts):
        return None
    return Response("There is no such host here.\n", 400, content_type="text/plain; charset=utf-8")


def _refuse_unkeepable() -> None:
    """PostgreSQL keeps no NUL: nothing lives at an address with one, and no page can look for one.

    Raises NotFound, or werkzeug's BadRequest for the query string of a page.
    """
    if "\0" in request.path:
        raise NotFound()
    if not _told_otherwise():
        _refuse_nul(request.args)


def _told_otherwise() -> bool:
    """Whether a program hears of a NUL in its own terms: the API names the field, OAuth answers the app."""
    return is_for_programs() or request.path.startswith("/oauth/")


def _refuse_nul(given: MultiDict[str, str]) -> None:
    if any("\0" in name or "\0" in text for name, text in given.items(multi=True)):
        raise BadRequest()


def _leave(response: Response) -> Response:
    request_id = audit.origin().request_id
    if request_id:
        response.headers["X-Request-Id"] = request_id
    took_ms = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
    quiet = request.path.startswith(("/static/", "/healthz")) or request.endpoint == "static"
    if not quiet:
        log.info("request", method=request.method, path=request.path, status=response.status_code, took_ms=took_ms)
    return response
