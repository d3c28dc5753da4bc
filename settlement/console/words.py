"""The words of settlement for what is not a page: the same macros that the pages speak with, as plain text."""

from __future__ import annotations

from flask import get_template_attribute

_MACROS = "macros/money.html"


def say(macro: str, code: str) -> str:
    """What `macro` of the pages says for `code`, in the language of the request and without its markup."""
    return str(get_template_attribute(_MACROS, macro)(code).striptags())
