"""Whether it is really the member who spends so many points on the site.

Once what a member orders here within a day is worth `confirm_from_minor` of the program and more, points leave with the
password only, unless the member has signed in just now. After a change of the address that signs in nothing is ordered
for a day, after a change of the password nothing that takes it: who has taken an account over changes these first, and
whose account it is has been told by a letter.
"""

from __future__ import annotations

import datetime as dt

from catalog import orders
from coalition import access, programs
from coalition.kernel import clock
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.kernel.web import formats
from coalition.site import sessions
from coalition.site.entering import frame
from coalition.site.viewer import Viewer

BY_SITE = "web:"  # how the external ids of the site's orders begin
FRESH = dt.timedelta(minutes=15)
DAY = dt.timedelta(hours=24)
COOL = DAY


def wants_password(member: Viewer, points: int) -> bool:
    """Whether so many points more take the password, for the sign-in is not of just now."""
    return not _is_fresh() and _is_large(member, _of_a_day(member) + points)


def confirm(password: str) -> bool:
    """Whether it is the member, by a sign-in of just now or by the password, if one was typed.

    Not in a transaction: a guess is counted before it is looked at. Raises Invalid `wrong_password`, TooMany for who
    guesses.
    """
    session = sessions.current_session()
    assert session is not None  # a member is signed in
    if not password:
        return _is_fresh()
    frame.braked("password", str(session.user_id), lambda: access.prove_password(session.user_id, password))
    return True


def check(member: Viewer, *, confirmed: bool) -> None:
    """See to it that the points of the order may leave that this transaction has just placed.

    Its hold keeps the member's wallet locked, so of orders of one moment each counts those before it. Raises Conflict
    `cooling_off` with the instant from which on they may, Invalid `password_required`; then the order is not placed.
    """
    session = sessions.current_session()
    assert session is not None  # a member is signed in
    large = _is_large(member, _of_a_day(member))
    until = _cool_until(session.user_id, large=large)
    if until is not None:
        detail = "The way to sign in was changed less than a day ago."
        raise Conflict("cooling_off", detail, until=until.isoformat())
    if large and not confirmed:
        problem = FieldError("/password", "required", "So many points take your password.")
        raise Invalid("password_required", "So many points take your password.", [problem])


def told(refusal: Refusal) -> str | None:
    """From when on points may be spent again, in the viewer's words; None for another refusal."""
    until = refusal.extra.get("until") if refusal.code == "cooling_off" else None
    return formats.when(dt.datetime.fromisoformat(until), "full") if until else None


def _is_fresh() -> bool:
    session = sessions.current_session()
    return session is not None and clock.now() - session.started_at < FRESH


def _of_a_day(member: Viewer) -> int:
    return orders.points_since(member.program_id, member.member_id, DAY, external_prefix=BY_SITE)


def _is_large(member: Viewer, points: int) -> bool:
    worth = programs.main_currency(member.program_id).worth(points)
    return worth >= programs.get(member.program_id).confirm_from_minor


def _cool_until(user_id: int, *, large: bool) -> dt.datetime | None:
    """Until when the user has to wait; None who need not."""
    changed = access.sign_in_changed_at(user_id, password=large)
    return changed + COOL if changed is not None and clock.now() < changed + COOL else None
