"""The frame of every HTML page: strict security headers, language, theme, filters and the pages for errors.

It knows no page and no business word. Programs that ask (`/api/`, `/oauth/`) keep their problem+json: the error pages
here answer people only.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, render_template, request, url_for
from flask_bootstrap import Bootstrap5
from flask_compress import Compress

from coalition.kernel import audit
from coalition.kernel.web import charts, formats
from coalition.kernel.web.formats import use_zone
from coalition.kernel.web.icons import icon
from coalition.kernel.web.language import LOCALES, NAMES, PoBabel, choose_locale, language

__all__ = ["error_page", "init_app", "language", "theme", "use_zone"]

THEMES = ("light", "dark", "auto")
THEME_COOKIE = "theme"
REPORTS = "/api/csp-reports"  # where browsers report breaches of the policy
_ERROR_PAGES = {401: "403", 403: "403", 404: "404", 405: "404", 429: "429"}
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "report-uri": REPORTS,
    "report-to": "csp",
}
_HSTS = "max-age=31536000; includeSubDomains"
_HEADERS = {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def init_app(app: Flask) -> None:
    """Prepare `app` for pages; `app.root_path` is the folder that holds `templates`, `static`, `translations`."""
    app.config.setdefault("BOOTSTRAP_SERVE_LOCAL", True)
    Bootstrap5(app)
    app.config.setdefault("COMPRESS_ALGORITHM", ["gzip"])
    Compress(app)
    babel = PoBabel(Path(app.root_path) / "translations")
    babel.init_app(app, locale_selector=choose_locale, timezone_selector=formats.viewer_zone)
    formats.install(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(icon=icon, charts=charts, asset=asset, has_endpoint=has_endpoint)
    app.context_processor(_frame)
    app.after_request(_secure)


def theme() -> str:
    """The viewer's theme: "light", "dark" or "auto" (follow the device)."""
    chosen = request.cookies.get(THEME_COOKIE, "auto") if has_request_context() else "auto"
    return chosen if chosen in THEMES else "auto"


def asset(filename: str) -> str:
    """The address of a static file, stamped with its content so that it may be cached for ever."""
    folder = current_app.static_folder or ""
    return url_for("static", filename=filename, v=_stamp(Path(folder) / filename, current_app.debug))


def has_endpoint(name: str) -> bool:
    """Whether this application has the endpoint; navigation offers only what exists."""
    return name in current_app.view_functions


def error_page(status: int, detail: str = "", **facts: Any) -> tuple[str, int]:
    """The page that tells a person what went wrong; `detail` is shown only where we have no better words."""
    name = _ERROR_PAGES.get(status, "400" if status < 500 else "500")
    request_id = audit.origin().request_id
    return render_template(f"errors/{name}.html", request_id=request_id, detail=detail, **facts), status


def _frame() -> dict[str, Any]:
    return {
        "language": language(),
        "languages": {code: NAMES[code] for code in LOCALES},
        "theme": theme(),
        "return_to": request.full_path.rstrip("?") if has_request_context() and request.method == "GET" else "/",
    }


def _secure(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["COALITION"].secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    if response.mimetype == "text/html":
        policy = {**_POLICY, **getattr(g, "policy", {})}
        response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
        response.headers["Reporting-Endpoints"] = f'csp="{REPORTS}"'
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.update(("Cookie", "Accept-Language"))
    elif request.endpoint in ("static", "bootstrap.static") and "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _stamp(path: Path, fresh: bool) -> str:
    return _digest(path) if not fresh else _digest.__wrapped__(path)


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
