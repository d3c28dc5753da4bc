"""Whether it is really the member who spends so many points on the site.

Points worth LARGE_MINOR and more leave with the member's password only, unless they have signed in just now. After a
change of the address that signs in nothing is ordered for a day, after a change of the password nothing large: who has
taken an account over changes these first, and whose account it is has been told by a letter.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from coalition import access, programs
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.kernel.web import formats
from coalition.site import sessions
from coalition.site.entering import frame
from coalition.site.viewer import Viewer

LARGE_MINOR = 100_00  # of the program's money, by the face value of its points
FRESH = dt.timedelta(minutes=15)
COOL = dt.timedelta(hours=24)


def wants_password(member: Viewer, points: int) -> bool:
    """Whether so many points take the password, for the sign-in is not of just now."""
    session = sessions.current_session()
    fresh = session is not None and clock.now() - session.started_at < FRESH
    return _large(member, points) and not fresh


def confirm(member: Viewer, points: int, password: str) -> None:
    """See to it that these points may leave now. Not in a transaction: a guess is counted before it is looked at.

    Raises Conflict `cooling_off` with the instant from which on they may, Invalid `password_required` and
    `wrong_password`, TooMany for who guesses.
    """
    session = sessions.current_session()
    assert session is not None  # a member is signed in
    until = transact(lambda: _cool_until(session.user_id, large=_large(member, points)))
    if until is not None:
        detail = "The way to sign in was changed less than a day ago."
        raise Conflict("cooling_off", detail, until=until.isoformat())
    if not transact(lambda: wants_password(member, points)):
        return
    if not password:
        problem = FieldError("/password", "required", "So many points take your password.")
        raise Invalid("password_required", "So many points take your password.", [problem])
    frame.braked("password", str(session.user_id), lambda: access.prove_password(session.user_id, password))


def told(refusal: Refusal) -> str | None:
    """From when on points may be spent again, in the viewer's words; None for another refusal."""
    until = refusal.extra.get("until") if refusal.code == "cooling_off" else None
    return formats.when(dt.datetime.fromisoformat(until), "full") if until else None


def _large(member: Viewer, points: int) -> bool:
    return Decimal(points) * programs.main_currency(member.program_id).face_minor >= LARGE_MINOR


def _cool_until(user_id: int, *, large: bool) -> dt.datetime | None:
    """Until when the user has to wait; None who need not."""
    changed = access.sign_in_changed_at(user_id, password=large)
    return changed + COOL if changed is not None and clock.now() < changed + COOL else None
