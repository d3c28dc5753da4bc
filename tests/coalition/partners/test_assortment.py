"""Which article belongs to which product group."""

from __future__ import annotations

import pytest

from coalition import partners
from coalition.kernel.errors import Invalid
from tests.builders import a_partner, a_program

pytestmark = pytest.mark.usefixtures("session")


def test_articles_are_put_into_groups_moved_and_taken_out_again_partner_by_partner() -> None:
    program = a_program()
    one, other = a_partner(program), a_partner(program)

    assert partners.assign_groups(one.id, {"S1": "tobacco", "S2": "dairy", "S3": "dairy"}) == 3
    assert partners.assign_groups(one.id, {"S1": "tobacco", "S2": "tobacco", "S3": None}) == 2

    assert partners.groups_of(one.id, ["S1", "S2", "S3", "S4"]) == {"S1": "tobacco", "S2": "tobacco"}
    assert partners.groups_of(other.id, ["S1"]) == {}
    assert partners.groups_of(one.id, []) == {}


@pytest.mark.parametrize(("sku", "group"), [("", "dairy"), ("S" * 101, "dairy"), ("S1", ""), ("S1", "g" * 41)])
def test_what_no_article_or_group_is_called_is_refused(sku: str, group: str) -> None:
    partner = a_partner(a_program())

    with pytest.raises(Invalid, match="group_unsound"):
        partners.assign_groups(partner.id, {sku: group})
