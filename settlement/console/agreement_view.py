"""What the pages of agreements show: companies with what holds today, versions, and one beside its forerunner."""

from __future__ import annotations

from typing import Any

from coalition import access, partners, programs
from coalition.kernel import approvals, audit, clock, ids
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import use_zone
from settlement import terms
from settlement.terms import Agreement

TERMS = (
    *("funding_mode", "issue_price", "redemption_price", "service_price", "redeemer_rate", "redeemer_commission"),
    *("breakage_share", "reversal_order", "vat_profile", "vat_rate", "currency", "cycle", "model"),
    *("credit_limit_minor", "prefund_minor", "over_limit"),
)


def overview(code: str) -> dict[str, Any]:
    """Every company of a program (the first one, if none is named) with what holds today and what waits."""
    known = programs.list_programs()
    if not known:
        raise NotFound()
    program = programs.by_code(code) if code else known[0]
    use_zone(program.zone)
    today = clock.local_date(clock.now(), program.zone)
    held, waiting = terms.in_force(program.id, today), terms.proposals(program.id)
    operator, names = partners.operator(program.id), {one.id: one.name for one in partners.list_partners(program.id)}
    companies = [
        {
            "id": ids.public("ent", entity.id),
            "name": entity.name,
            "partner": names[entity.partner_id],
            "held": shown(held[entity.id], program) if entity.id in held else None,
        }
        for entity in partners.entities(program.id)
        if entity.partner_id != operator.id
    ]
    by_id = {entity.id: entity.name for entity in partners.entities(program.id)}
    return {
        "program": program,
        "programs": known,
        "companies": companies,
        "waiting": [{**shown(one, program), "company": by_id[one.legal_entity_id]} for one in waiting],
        "models": list(terms.settlement_models().values()),
    }


def of(public_id: str) -> dict[str, Any]:
    """One company and the versions of its agreement, the latest first. Raises NotFound."""
    entity = partners.entity(ids.parse("ent", public_id))
    program = programs.get(entity.program_id)
    use_zone(program.zone)
    today = clock.local_date(clock.now(), program.zone)
    held = terms.in_force(program.id, today).get(entity.id)
    return {
        "program": program,
        "company": {"id": public_id, "name": entity.name, "partner": partners.get(entity.partner_id).name},
        "versions": [
            {**shown(one, program), "held": held is not None and one.id == held.id}
            for one in reversed(terms.versions(entity.id))
        ],
        "held": shown(held, program) if held else None,
    }


def version(public_id: str) -> dict[str, Any]:
    """One version with every term and what that was in the version before; and what its approval has come to."""
    found = terms.get(ids.parse("agr", public_id))
    entity, program = partners.entity(found.legal_entity_id), programs.get(found.program_id)
    use_zone(program.zone)
    older = [one for one in terms.versions(entity.id) if one.version < found.version and one.state == "active"]
    asked = approvals.get(found.approval_id) if found.approval_id else None
    names = access.names({asked.requested_by, asked.approver or ""}) if asked else {}
    return {
        "program": program,
        "company": {"id": ids.public("ent", entity.id), "name": entity.name},
        "version": shown(found, program),
        "before": shown(older[-1], program) if older else None,
        "terms": TERMS,
        "asked": asked
        and {
            "by": names.get(asked.requested_by, asked.requested_by),
            "at": asked.requested_at,
            "why": asked.reason,
            "approver": names.get(asked.approver or "", asked.approver),
            "rejection": asked.rejection,
            "seen": asked.payload_hash.hex(),
            "own": asked.requested_by == audit.origin().actor,
        },
    }


def shown(one: Agreement, program: programs.Program) -> dict[str, Any]:
    """A version as templates want it."""
    facts = {name: getattr(one, name) for name in (*TERMS, "version", "state", "starts_on", "ends_on", "agreed_at")}
    return {**facts, "id": ids.public("agr", one.id), "money": program.currency, "places": program.currency_decimals}
