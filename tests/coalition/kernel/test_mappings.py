"""Saved column mappings: numbered under their name, kept as they were, one owner's apart from another's."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound
from coalition.kernel.mappings import Shelf
from tests.builders import a_partner, a_program
from tests.racing import at_once

SHELF = Shelf("column_mapping", owner="partner_id", word="mapping")


def _a_partner() -> int:
    return transact(lambda: a_partner(a_program()).id)


def _save(owner: int, **definition: object) -> int:
    return int(transact(lambda: SHELF.save(owner, "till", definition)).version)


def test_another_definition_is_the_next_version_and_the_same_changes_nothing(app: Flask) -> None:
    owner, other = _a_partner(), _a_partner()

    assert [_save(owner, zone="UTC"), _save(owner, zone="UTC"), _save(owner, zone="Europe/Riga")] == [1, 1, 2]
    assert _save(other, zone="Europe/Riga") == 1

    newest = SHELF.by_name(owner, "till")
    assert (newest.version, newest.definition) == (2, {"zone": "Europe/Riga"})
    assert SHELF.by_id(newest.id) == newest
    assert SHELF.of(owner) == [newest]
    assert len(audit.trail(f"mapping:{newest.id}", None, 10, only=("mapping.save",))) == 1


def test_a_mapping_that_nobody_saved_is_refused(app: Flask) -> None:
    owner, other = _a_partner(), _a_partner()
    _save(other, zone="UTC")

    with pytest.raises(Invalid) as refusal:
        SHELF.by_name(owner, "till")
    assert refusal.value.code == "unknown_mapping"
    with pytest.raises(NotFound):
        SHELF.by_id(0)


def test_of_eight_who_save_at_once_each_makes_a_version_of_its_own(live: Flask) -> None:
    with live.app_context():
        owner = _a_partner()

    made = at_once(live, [lambda zone=zone: _save(owner, zone=zone) for zone in "ABCDEFGH"])

    assert sorted(made) == [1, 2, 3, 4, 5, 6, 7, 8]
