"""Changes: a system that cannot be called asks what has happened, is told all of it, in order, and nothing twice."""

from __future__ import annotations

import time
from typing import Any

from integrations.conformance.report import Report
from integrations.conformance.till import Till

_SCOPE = "webhooks:write"
_TYPE = "points.issued"
_SALES = 3
_WAIT_S, _EVERY_S = 30, 0.5
_PAGES_MAX = 10_000  # of what is behind a cursor: more than thirty days of any till
Change = dict[str, Any]


def run(till: Till, report: Report) -> None:
    """Open the feed, buy, and look for the purchases behind the cursor."""
    if _SCOPE not in till.partner.scopes:
        report.untried("purchases are told behind a cursor", f"the client lacks the scope {_SCOPE}")
        return
    opened = till.partner.get("/changes")
    if not report.expect("the feed is opened with a cursor", opened.status == 200, opened):
        return
    begin = _behind(till, str(opened.body["next_cursor"]))[1]
    bought = [str(till.buy().body["id"]) for _ in range(_SALES)]
    told, end = _waited(till, begin, bought)
    ours = [number for number in map(_purchase, told) if number in bought]
    if not report.expect("purchases are told behind a cursor", set(ours) == set(bought), _short(bought, ours)):
        return
    report.expect("each of them once", len(ours) == len(bought), ours)
    report.expect("in the order in which they were made", ours == bought, ours)
    numbers = [change["sequence"] for change in told]
    gapless = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    report.expect("the numbers of changes have no gap", gapless, numbers)
    again = _behind(till, begin)[0][: len(told)]
    report.expect("the same cursor gives the same changes again", again == told, [one["id"] for one in again])
    later = [number for number in map(_purchase, _behind(till, end)[0]) if number in bought]
    report.expect("and the next one none of them", later == [], later)
    invented = till.partner.get("/changes", cursor="kit-invented")
    refused = 400 <= invented.status < 500 and invented.code != ""
    report.expect("a cursor that was never given is refused", refused, invented)


def _behind(till: Till, cursor: str) -> tuple[list[Change], str]:
    """All that is behind a cursor by now, and the cursor behind it."""
    found: list[Change] = []
    for _ in range(_PAGES_MAX):
        page = till.partner.get("/changes", cursor=cursor, limit="200").body
        found += page["items"]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    return found, cursor


def _waited(till: Till, cursor: str, bought: list[str]) -> tuple[list[Change], str]:
    """What is told behind a cursor until all of these purchases are, or until nobody would wait any longer."""
    found: list[Change] = []
    over = time.monotonic() + _WAIT_S
    while True:
        more, cursor = _behind(till, cursor)
        found += more
        if set(bought) <= set(map(_purchase, found)) or time.monotonic() > over:
            return found, cursor
        time.sleep(_EVERY_S)


def _purchase(change: Change) -> str:
    """The purchase that a change tells of, "" for any other."""
    return str(change["data"].get("purchase_id") or "") if change["type"] == _TYPE else ""


def _short(bought: list[str], ours: list[str]) -> str:
    return f"{len(set(ours))} of {len(bought)} purchases within {_WAIT_S} s"
