"""Whether it is really the member who spends so many points on the site.

Once what a member orders here within a day is worth `confirm_from_minor` of the program and more, points leave with a
code of the member's app only, or the password where there is none, unless the member has signed in just now. After a
change of the address that signs in nothing is ordered for a day, after a change of the password nothing so large: who
has taken an account over changes these first, and whose account it is has been told by a letter.
"""

from __future__ import annotations

import datetime as dt

from catalog import orders
from coalition import access, programs
from coalition.kernel import clock
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.kernel.web import formats
from coalition.site import asking, sessions
from coalition.site.viewer import Viewer

BY_SITE = "web:"  # how the external ids of the site's orders begin
FRESH = dt.timedelta(minutes=15)
DAY = dt.timedelta(hours=24)
COOL = DAY


def asked_for(member: Viewer, points: int) -> str:
    """What so many points more take: "code" or "password", empty for nothing, as after a sign-in of just now."""
    if _is_fresh() or not _is_large(member, _of_a_day(member) + points):
        return ""
    return "code" if asking.by_code(_session().user_id) else "password"


def confirm(typed: str) -> bool:
    """Whether it is the member, by a sign-in of just now or by what was typed, if anything was.

    Not in a transaction. Raises what `asking.prove` raises.
    """
    if not typed:
        return _is_fresh()
    asking.prove(_session().user_id, typed)
    return True


def check(member: Viewer, *, confirmed: bool) -> None:
    """See to it that the points of the order may leave that this transaction has just placed.

    Its hold keeps the member's wallet locked, so of orders of one moment each counts those before it. Raises Conflict
    `cooling_off` with the instant from which on they may, Invalid `password_required` or `code_required`; then the
    order is not placed.
    """
    large, user_id = _is_large(member, _of_a_day(member)), _session().user_id
    until = _cool_until(user_id, large=large)
    if until is not None:
        detail = "The way to sign in was changed less than a day ago."
        raise Conflict("cooling_off", detail, until=until.isoformat())
    if large and not confirmed:
        code = "code_required" if asking.by_code(user_id) else "password_required"
        detail = "So many points take your password, or a code of your app."
        raise Invalid(code, detail, [FieldError("/password", "required", detail)])


def told(refusal: Refusal) -> str | None:
    """From when on points may be spent again, in the viewer's words; None for another refusal."""
    until = refusal.extra.get("until") if refusal.code == "cooling_off" else None
    return formats.when(dt.datetime.fromisoformat(until), "full") if until else None


def _session() -> access.Session:
    found = sessions.current_session()
    assert found is not None  # a member is signed in
    return found


def _is_fresh() -> bool:
    return clock.now() - _session().started_at < FRESH


def _of_a_day(member: Viewer) -> int:
    return orders.points_since(member.program_id, member.member_id, DAY, external_prefix=BY_SITE)


def _is_large(member: Viewer, points: int) -> bool:
    worth = programs.main_currency(member.program_id).worth(points)
    return worth >= programs.get(member.program_id).confirm_from_minor


def _cool_until(user_id: int, *, large: bool) -> dt.datetime | None:
    """Until when the user has to wait; None who need not."""
    changed = access.sign_in_changed_at(user_id, password=large)
    return changed + COOL if changed is not None and clock.now() < changed + COOL else None
