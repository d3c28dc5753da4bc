"""Scenarios as files: every `settlement*.json` of the folder VECTORS_DIR; a file holds one, or a list of them."""

from __future__ import annotations

import datetime as dt
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from coalition.kernel import clock
from settlement.terms import Prices

Scenario = dict[str, Any]
FOLDER = Path(os.environ.get("VECTORS_DIR") or Path(__file__).resolve().parents[2] / "vectors")
RULES = ("FEFO", "FIFO", "PRORATA")
ATTRIBUTION = {"FEFO": "fefo", "FIFO": "fifo", "PRORATA": "pro_rata"}
_PARTS = {
    *("name", "note", "notes", "title", "description", "base_currency", "vat_rate", "face_value", "period", "rounding"),
    *("agreements", "fx", "lots", "redemptions", "expected", "statements", "adjustments", "expiries"),
    *("deferred_revenue", "revenue_checks"),
}
_FUNDING = ("on_issue", "on_redeem", "hybrid")
# A calendar repeats itself after 28 years; a scenario that lies ahead is closed as if it were one of the past.
_CYCLE_YEARS = 28


def load(folder: Path) -> dict[str, Scenario]:
    """The scenarios of a folder, by the name of their file and, in a list, their place in it."""
    found: dict[str, Scenario] = {}
    for path in sorted(folder.glob("settlement*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        several = content.get("scenarios", [content]) if isinstance(content, dict) else content
        for number, scenario in enumerate(several, 1):
            found[path.stem if len(several) == 1 else f"{path.stem}-{number}"] = scenario
    return found


def plays(scenarios: dict[str, Scenario]) -> list[tuple[str, str]]:
    """Which scenario is played under which rules: those that it has expectations for."""
    return [(name, rule) for name, scenario in scenarios.items() for rule in RULES if rule in _rules(scenario)]


def main_rule(scenario: Scenario) -> str:
    """The rule under which a scenario's deferred revenue stands: that of its statements."""
    told = [one.get("rule", "FEFO") for one in scenario.get("statements", [])]
    return told[0] if told else next((rule for rule in RULES if rule in _rules(scenario)), "FEFO")


def known(scenario: Scenario) -> bool:
    """Whether a scenario has no part that this reader would pass over in silence."""
    return set(scenario) <= _PARTS


def of_rule(scenario: Scenario, part: str, rule: str) -> list[dict[str, Any]]:
    """The entries of a part (statements, adjustments, expiries) that hold under a rule."""
    return [one for one in scenario.get(part, []) if one.get("rule", "FEFO") == rule]


def periods(scenario: Scenario, rule: str) -> list[tuple[dt.date, dt.date]]:
    """The periods that are closed, in order: those of its statements, and its own unless that is made up of them."""
    told = [one.get("period") or scenario["period"] for one in of_rule(scenario, "statements", rule)]
    found = {(day(scenario, first), day(scenario, last)) for first, last in told}
    if "period" in scenario:
        first, last = (day(scenario, text) for text in scenario["period"])
        if all(ends < first or last < begins for begins, ends in found):
            found.add((first, last))
    return sorted(found)


def day(scenario: Scenario, text: str) -> dt.date:
    """A day of a scenario: as it is written, or 28 years earlier as often as it takes to lie behind us."""
    last = max((one[1] for one in _told_periods(scenario)), default=text)
    found, years = dt.date.fromisoformat(text), dt.date.fromisoformat(last).year - clock.now().year + 1
    back = -(-years // _CYCLE_YEARS) * _CYCLE_YEARS if last > clock.now().date().isoformat() else 0
    return found.replace(year=found.year - back)


def prices(scenario: Scenario, name: str, rule: str) -> Prices:
    """What an agreement of a scenario says. KeyError for a term that this reader does not know.

    The order in which points redeemed there come back may only be told where they do.
    """
    facts = dict(scenario["agreements"][name])
    mode = facts.pop("mode")
    facts.pop("settlement_currency", None)
    known = {
        "issue": "issue_price",
        "redeem": "redemption_price",
        "service": "service_price",
        "redeemer_rate": "redeemer_rate",
        "commission": "redeemer_commission",
        "redeemer_commission": "redeemer_commission",
        "breakage_share": "breakage_share",
        "vat_rate": "vat_rate",
    }
    texts = {key: facts.pop(key) for key in ("vat_profile", "reversal_order", "cycle") if key in facts}
    texts = _orders_at(scenario, name, rule) | texts
    given = {known[key]: Decimal(value) for key, value in facts.items() if value is not None}
    given = {"vat_rate": Decimal(scenario.get("vat_rate", "0"))} | given
    return Prices(funding_mode=mode if mode in _FUNDING else "none", **texts, **given)


def _orders_at(scenario: Scenario, name: str, rule: str) -> dict[str, str]:
    """The order of what comes back that was redeemed at somebody, where all that does has one."""
    here = {one["id"] for one in scenario.get("redemptions", []) if one.get("redeemer") == name}
    back = [one for one in of_rule(scenario, "adjustments", rule) if one["reversal_of"] in here]
    orders = {one["order"] for one in back if "order" in one}
    return {"reversal_order": orders.pop()} if len(orders) == 1 else {}


def _rules(scenario: Scenario) -> set[str]:
    parts = [one for part in ("statements", "adjustments", "expiries") for one in scenario.get(part, [])]
    return {one.get("rule", "FEFO") for one in parts} | set(scenario.get("expected", {})) or (
        {"FEFO"} if scenario.get("lots") else set()
    )


def _told_periods(scenario: Scenario) -> list[list[str]]:
    own = [scenario["period"]] if "period" in scenario else []
    return own + [one["period"] for one in scenario.get("statements", []) if "period" in one]
