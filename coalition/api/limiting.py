"""How often one client, and one address, may come: Flask-Limiter on Valkey, and in memory while Valkey is gone.

The API counts each client as a whole, and strangers (no token, or none of ours) by address. The token endpoints count
every request by address, and by client only what the client gets: nobody uses up somebody else's share by naming it. A
process that has lost Valkey counts for itself and looks for it again, ever more rarely. Of a high rate a process takes
a share at once (`sharing.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_limiter import ApplicationLimit, Limiter, RequestLimit
from limits import RateLimitItem, parse

from coalition import access
from coalition.api import sharing
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.errors import TooMany, Unauthorized
from coalition.kernel.web import problem
from coalition.kernel.web.api import PREFIX

OFF = "off"
_PATIENCE_S = 0.25  # for Valkey to answer, before a process counts for itself
_PREFIX, _WHOLE = "rate", "global"  # of the keys that the API's requests are counted under
_GIVEN = "oauth.token"
_BY_ADDRESS = (_GIVEN, "oauth.revoke", "oauth.introspect")


def init_app(app: Flask, config: Config) -> None:
    """Brake the API and the token endpoints as the configuration says. Call it when the endpoints are registered."""
    limits: list[Any] = [] if config.rates.api == OFF else [_whole_api(config.rates.api)]
    limiter = Limiter(
        _address,
        application_limits=limits,
        on_breach=_refuse,
        headers_enabled=False,
        strategy=sharing.NAME,
        key_prefix=_PREFIX,
        storage_uri=_storage(config.redis_url),
        storage_options={"socket_connect_timeout": _PATIENCE_S, "socket_timeout": _PATIENCE_S},  # type: ignore[dict-item]
        in_memory_fallback_enabled=True,
    )
    limiter.init_app(app)
    if limits:
        limiter.request_filter(_covered(limiter, parse(config.rates.api)))
    if config.rates.token != OFF:
        _brake(app, _GIVEN, limiter.limit(config.rates.token, key_func=_named, deduct_when=_given))
    if config.rates.token_address != OFF:
        for endpoint in _BY_ADDRESS:
            _brake(app, endpoint, limiter.shared_limit(config.rates.token_address, "oauth", key_func=_address))


def _whole_api(rate: str) -> ApplicationLimit:
    return ApplicationLimit(rate, scope=_WHOLE, key_function=_caller, exempt_when=_elsewhere)


def _covered(limiter: Limiter, rate: RateLimitItem) -> Callable[[], bool]:
    """Whether the share that this process has for the caller leaves nothing to ask Flask-Limiter for."""

    def covered() -> bool:
        counting = limiter.limiter  # another one while Valkey is gone
        assert isinstance(counting, sharing.SharedOut)
        return not _elsewhere() and counting.covered(rate, _PREFIX, _caller(), _WHOLE)

    return covered


def _brake(app: Flask, endpoint: str, limit: Any) -> None:
    app.view_functions[endpoint] = limit(app.view_functions[endpoint])


def _elsewhere() -> bool:
    return not request.path.startswith(f"{PREFIX}/")


def _caller() -> str:
    """The client behind the token; the look-up is remembered, so the door asks for nothing a second time."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return _address()
    try:
        return f"client {access.authenticate(token.strip()).client_id}"
    except Unauthorized:
        return _address()


def _address() -> str:
    return f"address {request.remote_addr}"


def _named() -> str:
    """Whom a request for a token names: what it gets is counted as its own."""
    given = request.authorization
    named = given.username if given is not None and given.type == "basic" else request.form.get("client_id")
    return f"client {(named or '')[:64]!a}"


def _given(response: Response) -> bool:
    return response.status_code == 200


def _refuse(limit: RequestLimit) -> Response:
    """429, in the form of the API's problems; `error` is what OAuth's clients read."""
    wait_s = max(1, math.ceil(limit.reset_at - clock.now().timestamp()))
    detail = f"More than {limit.limit}; come again in {wait_s} seconds."
    answer = problem.answer(
        429, "too_many_requests", TooMany.title, detail, retryable=True, retry_after_s=wait_s, error="slow_down"
    )
    answer.headers["Retry-After"] = str(wait_s)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _storage(redis_url: str | None) -> str:
    """The address as Flask-Limiter writes it; without one each process counts for itself."""
    if redis_url is None:
        return "memory://"
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
