"""What the pages of reconciliations show: the list with its form, one run with its differences, one difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from coalition import partners, programs, purchases
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.web.pages import use_zone
from settlement import reconciliation, statements
from settlement.reconciliation import CLASSES, Reconciliation

PAGE = 50
REFRESH_S = 4


def index(program: programs.Program, partner_code: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """The list of a program's runs, and what its form offers."""
    known = partners.list_partners(program.id)
    partner = next((one for one in known if one.code == partner_code), None)
    page = reconciliation.list_runs(program.id, cursor, limit, partner_id=partner.id if partner else None)
    names = {one.id: one.name for one in known}
    return {
        "program": program,
        "programs": programs.list_programs(),
        "partners": known,
        "of": partner.code if partner else "",
        "mappings": [
            {"value": f"{one.code}/{saved.name}", "name": f"{one.name}: {saved.name}"}
            for one in known
            for saved in purchases.mappings(one.id)
        ],
        "runs": [_run_told(one, names.get(one.partner_id, "")) for one in page.items],
        "next_cursor": page.next_cursor,
        "refresh_s": REFRESH_S if any(not one.over for one in page.items) and cursor is None else 0,
    }


def wrong(file_name: str | None, answers: dict[str, str]) -> forms.Errors:
    """What the form lacks."""
    problems = [] if file_name else [forms.error("file", "choose_file")]
    if not answers["period"]:
        problems.append(forms.error("period", "required"))
    if "/" not in answers["partner"]:
        problems.append(forms.error("partner", "choose"))
    elif answers["mapping"] and answers["mapping"].split("/")[0] != answers["partner"].split("/")[1]:
        problems.append(forms.error("mapping", "other_partners_layout"))
    return problems


def chosen(answers: dict[str, str]) -> tuple[partners.Partner, int | None]:
    """The partner (`program/code`) and its saved mapping (`code/name`) of a form. Raises NotFound, Invalid."""
    program_code, _, code = answers["partner"].partition("/")
    partner = partners.by_code(programs.by_code(program_code).id, code)
    name = answers["mapping"].partition("/")[2]
    return partner, purchases.mapping_by_name(partner.id, name).id if name else None


def run(at: Reconciliation, kind: str, find: str, cursor: str | None) -> dict[str, Any]:
    """One run: its totals, a page of its differences, the lines that could not be read."""
    program, partner = programs.get(at.program_id), partners.get(at.partner_id)
    use_zone(program.zone)
    kind = kind if kind in CLASSES else ""
    page = reconciliation.differences(at.id, cursor, PAGE, kind=kind, find=find[:100])
    rejected = reconciliation.rejections(at.id, None, PAGE) if at.rejected else None
    return {
        "program": program,
        "run": _run_told(at, partner.name),
        "totals": [asdict(one) for one in reconciliation.totals(at.id)],
        "kind": kind,
        "find": find,
        "differences": page.items,
        "next_cursor": page.next_cursor,
        "rejections": rejected.items if rejected else [],
        "entities": [{"id": one.id, "name": one.name} for one in partners.entities_of(partner.id)],
        **_places(program),
        "refresh_s": 0 if at.over else REFRESH_S,
    }


def difference(at: Reconciliation, difference_id: int) -> dict[str, Any]:
    """One difference, and the statements of the partner in which it may be disputed."""
    program, partner = programs.get(at.program_id), partners.get(at.partner_id)
    use_zone(program.zone)
    entity_ids = [one.id for one in partners.entities_of(partner.id)]
    found = statements.of_entities(entity_ids, period=None, after=None, limit=PAGE)
    return {
        "program": program,
        "run": _run_told(at, partner.name),
        "difference": reconciliation.difference(at.id, difference_id),
        "statements": _choices(found, at.period),
        **_places(program),
    }


def _choices(found: Sequence[statements.Statement], period: str) -> list[tuple[str, str]]:
    """The period's own statement first, then the others, the newest first."""
    living = sorted((one for one in found if not one.replaced), key=lambda one: (one.period_code != period, -one.id))
    return [(ids.public("stm", one.id), one.number) for one in living]


def _places(program: programs.Program) -> dict[str, Any]:
    return {"places": program.currency_decimals, "points_places": programs.main_currency(program.id).decimals}


def _run_told(at: Reconciliation, partner: str) -> dict[str, Any]:
    totals = {one.kind: one.count for one in reconciliation.totals(at.id)} if at.state == "finished" else {}
    names = ("period", "starts_on", "ends_on", "state", "error", "lines", "rejected", "file_name", "size_bytes")
    return {
        **{name: getattr(at, name) for name in names},
        "id": ids.public("rcn", at.id),
        "partner": partner,
        "over": at.over,
        "created_at": at.created_at,
        "finished_at": at.finished_at,
        "matched": totals.get("matched", 0),
        "differing": sum(count for kind, count in totals.items() if kind != "matched"),
    }
