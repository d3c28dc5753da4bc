"""Partners (who sees what), legal entities (who pays) and outlets (where members buy)."""

from coalition.partners.assortment import assign_groups, groups_of
from coalition.partners.directory import (
    LegalEntity,
    Outlet,
    Partner,
    by_code,
    entities,
    entities_of,
    entity,
    get,
    list_outlets,
    list_partners,
    operator,
    operator_entity,
    outlets,
)
from coalition.partners.joining import add_entity, join, open_outlet

__all__ = [
    "LegalEntity",
    "Outlet",
    "Partner",
    "add_entity",
    "assign_groups",
    "by_code",
    "entities",
    "entities_of",
    "entity",
    "get",
    "groups_of",
    "join",
    "list_outlets",
    "list_partners",
    "open_outlet",
    "operator",
    "operator_entity",
    "outlets",
]
