"""Partners (who sees what), legal entities (who pays) and outlets (where members buy); assortments."""

from coalition.partners.assortment import ProductGroup, add_group, assign, groups, groups_of, spent_by_group
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
from coalition.partners.exposure.laws import laws
from coalition.partners.joining import add_entity, join, open_outlet
from coalition.partners.roles import ROLES, give_roles, not_in_role

__all__ = [
    "ROLES",
    "LegalEntity",
    "Outlet",
    "Partner",
    "ProductGroup",
    "add_entity",
    "add_group",
    "assign",
    "by_code",
    "entities",
    "entities_of",
    "entity",
    "get",
    "give_roles",
    "groups",
    "groups_of",
    "join",
    "laws",
    "list_outlets",
    "list_partners",
    "not_in_role",
    "open_outlet",
    "operator",
    "operator_entity",
    "outlets",
    "spent_by_group",
]
