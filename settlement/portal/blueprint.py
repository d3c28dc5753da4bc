"""The blueprint of the partners' pages. What is another partner's does not exist here: every look-up goes by `own`."""

from __future__ import annotations

from flask import Blueprint

from coalition import partners
from coalition.kernel import ids
from coalition.portal.frame import READERS, viewer
from coalition.site.viewer import Colleague, require_colleague
from settlement import reconciliation, statements
from settlement.reconciliation import Dispute
from settlement.statements import Statement

__all__ = ["blueprint", "own_dispute", "own_entities", "own_statement", "viewer"]
blueprint = Blueprint("portal_statements", __name__, url_prefix="/portal")


@blueprint.before_request
def _partners_only() -> None:
    require_colleague(*READERS)


def own_entities(colleague: Colleague) -> list[int]:
    """The partner's legal entities."""
    return [entity.id for entity in partners.entities_of(colleague.partner_id)]


def own_statement(public_id: str) -> Statement:
    """One of the partner's statements that it has been sent. Raises NotFound, for another's and for a draft, too."""
    return statements.told(ids.parse("stm", public_id), own_entities(viewer()))


def own_dispute(public_id: str) -> Dispute:
    """One of the partner's disputes. Raises NotFound, for another's too."""
    return reconciliation.get(ids.parse("dsp", public_id), partner_id=viewer().partner_id)
