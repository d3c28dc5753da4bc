"""The quick start, from `docs/api/quickstart.sh`: the line that sets the variables, then three commands.

A test runs the file as it is, and finds each of its commands on the page and in the README.
"""

from __future__ import annotations

from functools import cache

from coalition.kernel.config import ROOT

SCRIPT = ROOT / "docs" / "api" / "quickstart.sh"


def setting() -> str:
    """The line after which a shell of the demo knows where the server is and who asks."""
    return _parts()[0]


def commands() -> tuple[str, ...]:
    """The three commands: a token, a purchase, and the purchase read again."""
    return _parts()[1:]


@cache
def _parts() -> tuple[str, ...]:
    return tuple(part.strip() for part in SCRIPT.read_text(encoding="utf-8").split("\n\n"))
