"""Browsers' reports that a page broke its content security policy: counted for `/metrics`, and some of them logged.

Anybody can send them, so nothing is believed beyond a count: the directive is one that exists or "other", and a process
logs a few a minute. Both forms are read: Reporting API (`application/reports+json`) and the older `report-uri`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask, Response, request

from coalition.kernel import metrics
from coalition.kernel.errors import Invalid
from coalition.kernel.logs import logger
from coalition.kernel.web.pages import REPORTS

_BODY_MAX, _REPORTS_MAX, _TEXT_MAX = 16_384, 20, 200
_LOGGED_A_MINUTE = 20
_SOURCES = ("default", "script", "style", "img", "font", "connect", "frame", "object", "media", "worker", "manifest")
_DIRECTIVES = frozenset(
    [f"{name}-src" for name in _SOURCES]
    + [f"{name}-src-{part}" for name in ("script", "style") for part in ("elem", "attr")]
    + ["form-action", "base-uri", "frame-ancestors"]
)
_logged: list[float] = []
log = logger("csp")


def init_app(app: Flask) -> None:
    """Add the address that the policy names."""
    app.add_url_rule(REPORTS, "csp_reports", _report, methods=["POST"])


def _report() -> Response:
    request.max_content_length = _BODY_MAX
    given = request.get_json(force=True, silent=True)
    found = list(_violations(given))
    if not found:
        raise Invalid("invalid", "This is no report of a violation.")
    for directive, page, blocked in found:
        metrics.violated(directive if directive in _DIRECTIVES else "other")
        if _may_log():
            log.warning("csp.violated", directive=directive, page=page, blocked=blocked)
    return Response(status=204)


def _violations(given: object) -> Iterator[tuple[str, str, str]]:
    """Directive, path of the page and origin of what was blocked, of each report; nothing of what is none."""
    if isinstance(given, dict) and isinstance(one := given.get("csp-report"), dict):
        directive = one.get("effective-directive") or one.get("violated-directive")
        yield _text(directive).split(" ")[0], _path(one.get("document-uri")), _origin(one.get("blocked-uri"))
    for report in given[:_REPORTS_MAX] if isinstance(given, list) else ():
        if isinstance(report, dict) and report.get("type") == "csp-violation" and isinstance(report.get("body"), dict):
            body = report["body"]
            yield _text(body.get("effectiveDirective")), _path(body.get("documentURL")), _origin(body.get("blockedURL"))


def _text(value: object) -> str:
    return value[:_TEXT_MAX] if isinstance(value, str) else ""


def _path(address: object) -> str:
    """Without host and query: a page of ours, and nothing that stood in its address."""
    try:
        return urlsplit(_text(address)).path
    except ValueError:
        return ""


def _origin(address: object) -> str:
    """Where what was blocked lies; a word such as `inline` as it is."""
    text = _text(address)
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else text.split("?")[0]


def _may_log() -> bool:
    now = time.monotonic()
    _logged[:] = [at for at in _logged if now - at < 60]
    if len(_logged) >= _LOGGED_A_MINUTE:
        return False
    _logged.append(now)
    return True
