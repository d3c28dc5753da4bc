"""Reading what the engine goes by of a program: zone, currencies, groups, what earns nothing, and on what is earned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel.errors import Invalid
from coalition.promotions.engine.discounting import WITHOUT
from coalition.promotions.engine.facts import known_zone
from coalition.promotions.engine.scanning import Scanner

EARN_ON = ("money", "gross")
EARN_VAT = ("with", WITHOUT)
VAT_MOST = 9_999  # basis points
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
    scan.one_of(found, "earn_vat", EARN_VAT, "", "with")
    scan.number(found, "vat_bp", "", 0, most=VAT_MOST)
    _counting(scan, found)
    scan.number(found, "day_starts_minutes", "", 0, most=DAY_STARTS_MOST)
    for name, one in scan.object(found.get("currencies"), "/currencies").items():
        scan.number(one, "unit_minor", f"/currencies/{name}", 1, least=1)
    for name, one in scan.object(found.get("groups"), "/groups").items():
        scan.one_of(one, "mode", MODES, f"/groups/{name}", "all")
        scan.one_of(one, "scope", SCOPES, f"/groups/{name}", "receipt")
    if scan.problems:
        raise Invalid("invalid", "This program cannot be understood.", scan.problems)
    return found


def _counting(scan: Scanner, found: Mapping[str, Any]) -> None:
    """In which currency members climb, and how many of its units each unit of another one is: [units, of so many]."""
    tier = scan.object(found.get("tier"), "/tier")
    if found.get("tier") is not None and scan.text(tier, "currency", "/tier") is None:
        scan.wrong("/tier/currency", "required", "The currency by which members climb.")
    for name, ratio in scan.object(tier.get("of"), "/tier/of").items():
        if not isinstance(ratio, list) or [type(one) for one in ratio] != [int, int] or ratio[1] < 1 or ratio[0] < 0:
            scan.wrong(f"/tier/of/{name}", "invalid", "Two whole numbers: units, and of how many.")
