"""Bootstrap's icons as inline SVG: the sprite of the Bootstrap-Flask wheel is read once and never sent whole.

An icon beside words is decoration (hidden from a screen reader); an icon alone must be given a `label`.
It may not know any page: names are given by templates, and an unknown name fails loudly.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

_SPRITE = "static/bootstrap5/icons/bootstrap-icons.svg"
_SYMBOL = re.compile(r'<symbol [^>]*?viewBox="(?P<box>[^"]+)" id="(?P<name>[^"]+)">(?P<body>.*?)</symbol>', re.DOTALL)


@cache
def shapes() -> dict[str, tuple[str, str]]:
    """Every icon of the wheel: name to (viewBox, inner markup)."""
    sprite = files("flask_bootstrap").joinpath(_SPRITE).read_text(encoding="utf-8")
    return {found["name"]: (found["box"], found["body"]) for found in _SYMBOL.finditer(sprite)}


def icon(name: str, label: str = "", css: str = "") -> Markup:
    """The icon as inline SVG that takes the size and colour of its text. KeyError for a name Bootstrap lacks."""
    box, body = shapes()[name]
    voice = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    css_class = escape(f"icon {css}".strip())
    return Markup('<svg class="{}" viewBox="{}" fill="currentColor" {}>{}</svg>').format(
        css_class,
        box,
        voice,
        Markup(body),  # noqa: S704 - the wheel's own markup, never a visitor's
    )
