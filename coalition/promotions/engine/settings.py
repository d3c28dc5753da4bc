"""Reading what the engine goes by of a program: zone, currencies, groups, what earns nothing, and on what is earned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel.errors import Invalid
from coalition.promotions.engine.facts import known_zone
from coalition.promotions.engine.scanning import Scanner

EARN_ON = ("money", "gross")
DAY_STARTS_MOST = 720  # a day of business begins by noon
MODES = ("all", "first", "best")
SCOPES = ("receipt", "line")


def program(given: Any) -> Mapping[str, Any]:
    """The program. Raises Invalid, which names everything that is wrong by its JSON pointer."""
    scan = Scanner()
    found = scan.object(given, "")
    if not known_zone(found.get("tz", "UTC")):
        scan.wrong("/tz", "unknown_zone", "A time zone, like Europe/Moscow.")
    scan.filter(found.get("exclude"), "/exclude")
    scan.one_of(found, "earn_on", EARN_ON, "", "money")
    scan.texts(found, "earn_not", "")
    scan.number(found, "day_starts_minutes", "", 0, most=DAY_STARTS_MOST)
    for name, one in scan.object(found.get("currencies"), "/currencies").items():
        scan.number(one, "unit_minor", f"/currencies/{name}", 1, least=1)
    for name, one in scan.object(found.get("groups"), "/groups").items():
        scan.one_of(one, "mode", MODES, f"/groups/{name}", "all")
        scan.one_of(one, "scope", SCOPES, f"/groups/{name}", "receipt")
    if scan.problems:
        raise Invalid("invalid", "This program cannot be understood.", scan.problems)
    return found
