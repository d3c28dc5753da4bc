"""Drawing up a period's statements from its accruals: the same for a preview of an open period and for its close."""

from __future__ import annotations

from coalition import partners, programs
from settlement import accruals, terms
from settlement.accruals import Period
from settlement.statements import adjusting, arithmetic
from settlement.statements.arithmetic import Drawn


def preview(program_id: int, code: str) -> list[Drawn]:
    """The statements of a period as they would be if it closed with what has been accrued. Raises NotFound."""
    return draw_up(accruals.find_period(program_id, code))


def draw_up(period: Period) -> list[Drawn]:
    """A statement for each legal entity with accruals in the period, and the operator's; the positions sum to zero."""
    program = programs.get(period.program_id)
    operator_id = partners.operator_entity(program.id).id
    flows, supplies = accruals.flows(period.id), accruals.supplies(period.id)
    due = [charge for flow in flows for charge in arithmetic.charges(flow)]
    due += [charge for supply in supplies for charge in arithmetic.supply_charges(supply)]
    due += adjusting.charges(period.id)
    agreements = terms.by_id({charge.agreement_id for charge in due})
    issued = arithmetic.documents(
        due, lambda id, code: terms.vat_rate(agreements[id], code), operator_id, program.currency_decimals
    )
    involved = {flow.funder_id for flow in flows} | {supply.legal_entity_id for supply in supplies}
    involved |= {charge.entity_id for charge in due}
    involved |= {flow.redeemer_id for flow in flows if flow.redeemer_id is not None}
    return arithmetic.statements(issued, involved, operator_id)
