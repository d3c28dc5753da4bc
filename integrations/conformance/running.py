"""A run of the kit: every group of laws in turn, one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from integrations.conformance import changes, duplicates, earning, holding, offline, refusing, returning, webhooks
from integrations.conformance.partner import Partner, Unreachable
from integrations.conformance.report import Report
from integrations.conformance.till import Till

Laws = Callable[[Till, Report], None]
GROUPS: dict[str, Laws] = {
    "earning": earning.run,
    "duplicates": duplicates.run,
    "offline": offline.run,
    "returning": returning.run,
    "spending": holding.run,
    "refusals": refusing.run,
    "webhooks": webhooks.run,
    "changes": changes.run,
}


def run(
    partner: Partner, groups: Iterable[str] = tuple(GROUPS), *, begins: Callable[[str], object] = lambda _: None
) -> Report:
    """These groups in turn; one that stumbles over an answer is noted as broken, and the next goes on.

    `begins` is told each group before it is tried.

    Raises Unreachable if nothing can be bought with what the partner was given: then no law is to blame.
    """
    _see_that_it_can_buy(partner)
    report = Report()
    for report.group in groups:
        begins(report.group)
        try:
            GROUPS[report.group](Till(partner), report)
        except (KeyError, IndexError, TypeError, Unreachable) as error:
            report.expect("the answers have the documented form", False, f"{type(error).__name__}: {error}")
    return report


def _see_that_it_can_buy(partner: Partner) -> None:
    """Ask for a quote, which posts nothing, with the outlet, the card and the money of every purchase to come."""
    asked = partner.post("/quotes", Till(partner).receipt())
    if asked.status < 400:
        return
    wrong = [f"{one.get('pointer')} {one.get('code')}" for one in asked.body.get("errors", [])]
    raise Unreachable(f"POST /quotes answers {asked}: {'; '.join(wrong) or asked.body.get('detail', asked.text[:200])}")
