"""The people of an owner: invited once, switched off at once, and never without somebody who may invite."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
import time_machine
from flask import Flask

from coalition import access
from coalition.access import sessions
from coalition.kernel import audit, clock, laws, sealing
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, Invalid, NotFound

PASSWORD = "correct horse battery"


def token_of(invitation: access.Invitation) -> str:
    """The token that the letter of an invitation carries."""
    row = fetch_one("SELECT sealed FROM letter WHERE recipient = :to ORDER BY id DESC", {"to": invitation.email})
    assert row is not None
    return str(json.loads(sealing.unseal(row.sealed))["token"])


@pytest.fixture
def admin(app: Flask) -> access.User:
    return access.create_user("admin@coral.test", PASSWORD, ["admin"], "staff")


def test_an_invitation_makes_a_user_with_its_roles_once(app: Flask) -> None:
    invited = access.invite(" New@Coral.test ", ["partner", "supplier"], "partner:7", 3)
    token = token_of(invited)

    user = access.accept_invitation(token, PASSWORD)

    assert (user.email, user.roles, user.owner_ref, user.program_id) == (
        "new@coral.test",
        {"partner", "supplier"},
        "partner:7",
        3,
    )
    assert [one.state for one in access.invitations("partner:7").items] == ["accepted"]
    with pytest.raises(NotFound):
        access.accept_invitation(token, PASSWORD)


def test_a_token_is_kept_as_its_hash_alone_and_never_in_a_jobs_arguments(app: Flask) -> None:
    token = token_of(access.invite("new@coral.test", ["finance"], "staff"))

    kept = str([*map(tuple, fetch_all("SELECT i::text FROM invitation i"))]) + str(
        [*map(tuple, fetch_all("SELECT j.args::text FROM job j"))]
    )

    assert token not in kept
    assert token not in str([*map(tuple, fetch_all("SELECT a::text FROM audit a"))])


def test_an_invitation_ends_after_a_week_and_when_it_is_taken_back_or_replaced(app: Flask) -> None:
    late = token_of(access.invite("late@coral.test", ["finance"], "staff"))
    with time_machine.travel(clock.now() + dt.timedelta(days=7, seconds=1)), pytest.raises(NotFound):
        access.accept_invitation(late, PASSWORD)

    first = token_of(access.invite("new@coral.test", ["finance"], "staff"))
    second = access.invite("new@coral.test", ["support"], "staff")
    with pytest.raises(NotFound):
        access.accept_invitation(first, PASSWORD)
    access.revoke_invitation(second.id, "staff")
    with pytest.raises(NotFound):
        access.accept_invitation(token_of(second), PASSWORD)


def test_another_owners_invitation_cannot_be_taken_back(app: Flask) -> None:
    invited = access.invite("new@coral.test", ["partner"], "partner:7", 3)

    with pytest.raises(NotFound):
        access.revoke_invitation(invited.id, "partner:8")


def test_an_address_that_can_sign_in_is_invited_like_any_other(app: Flask, admin: access.User) -> None:
    invited = access.invite(admin.email, ["partner"], "partner:7", 3)

    assert invited.state == "waiting"
    with pytest.raises(Conflict):
        access.accept_invitation(token_of(invited), PASSWORD)


@pytest.mark.parametrize(
    ("owner", "program", "roles"),
    [("staff", None, ["partner"]), ("partner:7", 3, ["admin"]), ("partner:7", 3, ["member"]), ("staff", None, [])],
)
def test_roles_belong_to_their_owner(app: Flask, owner: str, program: int | None, roles: list[str]) -> None:
    with pytest.raises(Invalid):
        access.invite("new@coral.test", roles, owner, program)
    with pytest.raises(Invalid):
        access.create_user("new@coral.test", PASSWORD, roles, owner, program_id=program)


def test_a_refused_password_leaves_the_invitation_open(app: Flask) -> None:
    token = token_of(access.invite("new@coral.test", ["finance"], "staff"))

    with pytest.raises(Invalid):
        access.accept_invitation(token, "short")

    assert access.accept_invitation(token, PASSWORD).email == "new@coral.test"


def test_whoever_is_switched_off_is_out_at_once(app: Flask, admin: access.User) -> None:
    user = access.create_user("fin@coral.test", PASSWORD, ["finance"], "staff")
    key = sessions.open_session(user.id, "password", "a browser", idles=True)

    access.switch_person(user.id, False)

    assert sessions.session_of(key) is None
    assert access.person(user.id).active is False


def test_other_roles_end_every_session(app: Flask, admin: access.User) -> None:
    user = access.create_user("fin@coral.test", PASSWORD, ["finance"], "staff")
    key = sessions.open_session(user.id, "password", "a browser", idles=True)

    access.set_roles(user.id, ["auditor", "finance"])

    assert access.person(user.id).roles == {"auditor", "finance"}
    assert sessions.session_of(key) is None


@pytest.mark.parametrize(
    "deed", [lambda user: access.switch_person(user, False), lambda user: access.set_roles(user, ["finance"])]
)
def test_the_last_who_may_invite_stays_and_nobody_does_it_to_themself(
    app: Flask, admin: access.User, deed: Callable[[int], None]
) -> None:
    with pytest.raises(Conflict, match="last_admin"):
        deed(admin.id)
    access.create_user("admin2@coral.test", PASSWORD, ["admin"], "staff")
    audit.set_origin(audit.Origin(f"user:{admin.id}"))
    with pytest.raises(Conflict, match="own_account"):
        deed(admin.id)
    audit.set_origin(audit.Origin("user:0"))
    deed(admin.id)


def test_another_owners_people_are_not_there(app: Flask, admin: access.User) -> None:
    with pytest.raises(NotFound):
        access.switch_person(admin.id, False, owner_ref="partner:7")
    with pytest.raises(NotFound):
        access.set_roles(admin.id, ["partner"], owner_ref="partner:7")


def test_people_come_page_by_page(app: Flask) -> None:
    for at in range(5):
        access.create_user(f"p{at}@coral.test", PASSWORD, ["partner"], "partner:7", program_id=3)

    first = access.people_of("partner:7", limit=3)
    second = access.people_of("partner:7", cursor=first.next_cursor, limit=3)

    assert [one.email for one in (*first.items, *second.items)] == [f"p{at}@coral.test" for at in range(5)]
    assert second.next_cursor is None


def test_a_session_ends_by_idling_by_age_and_by_the_server(app: Flask, admin: access.User) -> None:
    start = clock.now()
    staff = sessions.open_session(admin.id, "password", "a browser", idles=True)
    member = sessions.open_session(admin.id, "password", "a browser", idles=False)
    ended = sessions.open_session(admin.id, "password", "a browser", idles=False)
    sessions.end_session(ended)

    with time_machine.travel(start + dt.timedelta(minutes=31)):
        assert [bool(sessions.session_of(key)) for key in (staff, member, ended)] == [False, True, False]
    with time_machine.travel(start + dt.timedelta(hours=12, seconds=1)):
        assert sessions.session_of(member) is None


def test_a_session_that_is_used_does_not_idle(app: Flask, admin: access.User) -> None:
    start, key = clock.now(), sessions.open_session(admin.id, "password", "a browser", idles=True)
    for minutes in (20, 40, 60):
        with time_machine.travel(start + dt.timedelta(minutes=minutes)):
            found = sessions.session_of(key)
            assert found is not None
            sessions.note_use(found.id)


CRIMES = {
    "PE2": "INSERT INTO user_role (user_id, role_id) SELECT u.id, r.id FROM user_account u, role r"
    " WHERE r.name = 'partner'",
    "PE3": "UPDATE user_account SET active = false",
    "PE4": "UPDATE user_account SET totp_sealed = 'x', totp_confirmed_at = now()",
}


@pytest.mark.parametrize("law", access.laws(), ids=lambda law: law.code)
def test_a_law_of_people_sees_its_crime(app: Flask, admin: access.User, law: laws.Law) -> None:
    sessions.open_session(admin.id, "password", "a browser", idles=True)
    assert laws.offending(law) == 0

    execute(CRIMES[law.code])

    assert laws.offending(law) == 1
