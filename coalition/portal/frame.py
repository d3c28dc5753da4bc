"""What every page of the partners' portal shares: who may enter, and whose pages these are.

People with the role `partner` read; what a page changes asks for `partner_admin`. Whatever an address names is looked
up among what is the partner's own: another partner's is NotFound, as if it did not exist.
"""

from __future__ import annotations

from flask import Blueprint

from coalition import programs
from coalition.kernel.web.pages import use_zone
from coalition.site.viewer import Colleague, require_colleague

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
ADMIN = "partner_admin"
READERS = ("partner", ADMIN)
EVERYBODY = (*READERS, "supplier")


@blueprint.before_request
def _partners_only() -> None:
    require_colleague()


def viewer(*roles: str) -> Colleague:
    """Who looks, of which partner, with one of these roles (any reader's, where none is named).

    The page speaks in the time zone of the program. Raises Forbidden `role_missing` for people with another role.
    """
    found = require_colleague(*(roles or READERS))
    use_zone(programs.get(found.program_id).zone)
    return found


def manager() -> Colleague:
    """Who changes something in the partner's name: a `partner_admin`. Raises Forbidden `role_missing` for others."""
    return viewer(ADMIN)
