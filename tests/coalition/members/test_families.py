"""Families: invited by the head, joined by choice, one at a time, no more than the program allows."""

from __future__ import annotations

from functools import partial

import pytest
from flask import Flask

from coalition import members, programs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Conflict, NotFound, Refusal
from coalition.kernel.laws import offending
from coalition.members import families
from tests import guards, racing
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member


class _Club:
    """Members of one program with the cards 100, 101, ..."""

    def __init__(self, size: int) -> None:
        self.program = a_program()
        shop = a_partner(self.program)
        self.people = [a_member(self.program, shop, card=str(100 + at)).id for at in range(size)]

    def invite(self, head: int, guest: int) -> None:
        members.invite(self.program.id, self.people[head], ("card", str(100 + guest)))

    def accept(self, guest: int, head: int) -> None:
        family = members.family(self.people[head])
        assert family is not None
        members.accept(self.program.id, self.people[guest], family.id)

    def join(self, head: int, guest: int) -> None:
        self.invite(head, guest)
        self.accept(guest, head)


@pytest.fixture
def club(app: Flask) -> _Club:
    """Four members."""
    return transact(lambda: _Club(4))


def _lawful() -> bool:
    return [law.code for law in members.laws() if offending(law)] == []


def test_an_invitation_is_no_seat_until_it_is_accepted(club: _Club) -> None:
    anna, boris, *_ = club.people

    club.invite(0, 1)
    club.invite(0, 1)

    assert not members.same_family(anna, boris)
    (invitation,) = members.invitations(boris)
    assert invitation.head_name == "Anna Ozola"
    members.accept(club.program.id, boris, invitation.family_id)
    members.accept(club.program.id, boris, invitation.family_id)
    assert members.same_family(anna, boris)
    assert members.same_family(boris, anna)
    assert not members.same_family(anna, anna)
    family = members.family(boris)
    assert family is not None
    assert [(seat.member_id, seat.state, seat.is_head) for seat in family.seats] == [
        (anna, "active", True),
        (boris, "active", False),
    ]
    assert _lawful()


def test_what_nobody_has_invites_nobody(club: _Club) -> None:
    members.invite(club.program.id, club.people[0], ("card", "nobody"))
    members.invite(club.program.id, club.people[0], ("external", "M-1"))
    members.invite(club.program.id, club.people[0], ("card", "100"))

    assert members.family(club.people[0]) is None


def test_a_member_sits_in_one_family_and_only_its_head_invites(club: _Club) -> None:
    club.join(0, 1)
    club.invite(2, 1)

    with pytest.raises(Conflict, match="in_family"):
        club.accept(1, 2)
    with pytest.raises(Conflict, match="not_head"):
        club.invite(1, 3)
    with pytest.raises(Conflict, match="not_head"):
        members.remove(club.program.id, club.people[1], club.people[0])
    with pytest.raises(NotFound):
        club.accept(3, 0)


def test_leaving_frees_a_member_and_the_heads_leaving_frees_all(club: _Club) -> None:
    club.join(0, 1)
    club.join(0, 2)
    family = members.family(club.people[0])
    assert family is not None

    members.leave(club.program.id, club.people[1], family.id)
    members.leave(club.program.id, club.people[1], family.id)
    assert not members.same_family(club.people[0], club.people[1])
    assert members.same_family(club.people[0], club.people[2])
    members.remove(club.program.id, club.people[0], club.people[2])
    assert members.family(club.people[2]) is None
    club.join(0, 3)
    members.leave(club.program.id, club.people[0], family.id)

    assert members.family(club.people[3]) is None
    club.join(3, 0)
    assert members.same_family(club.people[0], club.people[3])
    assert _lawful()


def test_a_family_is_no_larger_than_the_program_allows_and_invitations_count(club: _Club) -> None:
    transact(lambda: programs.change(club.program.id, family_max=2))
    transact(lambda: club.invite(0, 1))

    with pytest.raises(Conflict, match="family_full"):
        transact(lambda: club.invite(0, 2))

    members.remove(club.program.id, club.people[0], club.people[1])
    club.join(0, 2)
    assert members.same_family(club.people[0], club.people[2])


def test_of_eight_that_invite_at_once_the_last_seat_goes_to_one(fresh_database: Config) -> None:
    _eight_invitations(fresh_database)


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "in turn"])
def test_without_the_queue_of_inviters_more_than_one_gets_the_last_seat(
    fresh_database: Config, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    monkeypatch.setattr(families, "_queue", lambda family_id: None)
    if at_once:
        guards.dawdling(fresh_database.owner_url, "audit", pause_s=0.3)

    racing.assert_lost(lambda: _eight_invitations(fresh_database), at_once=at_once)


def _eight_invitations(fresh_database: Config) -> None:
    from wsgi import create_app

    app = create_app(fresh_database)

    def found() -> _Club:
        club = _Club(10)
        programs.change(club.program.id, family_max=3)
        club.join(0, 1)
        return club

    with app.app_context():
        club = transact(found)

    def invite(guest: int) -> str:
        try:
            transact(lambda: club.invite(0, guest))
        except Refusal as refusal:
            return refusal.code
        return "invited"

    results = sorted(racing.at_once(app, [partial(invite, guest) for guest in range(2, 10)]))

    with app.app_context():
        db.session.remove()
        lawful = _lawful()
        db.session.remove()
        db.engine.dispose()
    assert (results, lawful) == (["family_full"] * 7 + ["invited"], True)
