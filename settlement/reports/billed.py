"""What was, or would now be, billed in a period: the documents of its statements, without the operator's mirrors."""

from __future__ import annotations

from collections.abc import Iterable

from coalition import partners
from settlement import statements
from settlement.accruals import Period
from settlement.statements import Document


def documents(period: Period) -> list[Document]:
    """The documents of every legal entity: as they were closed, or as they would be closed now."""
    drawn = statements.drawn_of(period) if period.state == "closed" else statements.draw_up(period)
    return [document for one in drawn if not one.is_operator for document in one.documents]


def service_minor(period: Period, entity: partners.LegalEntity | None) -> int:
    """The service fees of a period, net of VAT, of one legal entity or of all."""
    own = [one for one in documents(period) if entity is None or one.entity_id == entity.id]
    return sum_of(own, "service_fee")


def sum_of(issued: Iterable[Document], code: str) -> int:
    """What a charge comes to over documents, net of VAT."""
    return sum(line.net_minor for document in issued for line in document.lines if line.code == code)
