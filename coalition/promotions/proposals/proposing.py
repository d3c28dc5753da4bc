"""A partner proposes a promotion in its own words: it is kept, marketers are told, and it waits until one answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace

from coalition import access, letters, partners, programs
from coalition.kernel import audit, clock, ids
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.programs import Program

STATES = ("waiting", "taken", "declined")
_PAGE = "/console/promotions/proposals"  # where marketers answer
_TOLD_MOST = 100  # marketers
_QUIET = dt.timedelta(hours=1)
_FIRST = """
    SELECT 1 WHERE NOT EXISTS (SELECT FROM promotion_proposal WHERE partner_id = :partner AND id < :id
                                  AND state = 'waiting' AND proposed_at > :since)"""
_NAME_MAX, _WORDS_MAX = 200, 2_000
_YEARS = range(1900, 2100)  # as the filters of pages have them


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a partner would like: a `name`, in `words` what members should get for what, the first and the last day.

    `budget_minor`: what it may cost, in the program's money; None for nothing said. `pays`: the partner would pay for
    the points.
    """

    name: str
    words: str
    begins_on: dt.date
    ends_on: dt.date
    budget_minor: int | None = None
    pays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Wanted):
    """A proposal of a partner. `state`: waiting, taken (its draft has the `code`) or declined (for the `reason`).

    `proposed_by` and `decided_by` are the trail's actors.
    """

    id: int
    program_id: int
    partner_id: int
    state: str
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    reason: str | None
    code: str | None


_SELECT = f"SELECT {', '.join(one.name for one in fields(Proposal))} FROM promotion_proposal"


def propose(program_id: int, partner_id: int, wanted: Wanted) -> int:
    """Keep what the partner would like, for the marketers to answer; its number. Raises Invalid.

    Marketers are written to, unless another one of the partner's waits that is less than an hour old.
    """
    wanted = replace(wanted, name=" ".join(wanted.name.split()), words=wanted.words.strip())
    problems = list(_problems(wanted, clock.local_date(clock.now(), programs.get(program_id).zone)))
    if problems:
        raise Invalid("invalid", "This cannot be proposed.", problems)
    row = fetch_one(
        "INSERT INTO promotion_proposal (program_id, partner_id, name, words, begins_on, ends_on, budget_minor, pays,"
        " proposed_by, proposed_at) VALUES (:program, :partner, :name, :words, :begins_on, :ends_on, :budget_minor,"
        " :pays, :actor, :now) RETURNING id",
        {
            **asdict(wanted),
            "program": program_id,
            "partner": partner_id,
            "actor": audit.origin().actor,
            "now": clock.now(),
        },
    )
    assert row is not None
    audit.record("proposal.made", f"proposal:{row.id}", partner=partner_id)
    if fetch_one(_FIRST, {"partner": partner_id, "id": row.id, "since": clock.now() - _QUIET}):
        _tell(programs.get(program_id), partners.get(partner_id).name, int(row.id), wanted.name)
    return int(row.id)


def get(number: int, *, program_id: int, partner_id: int | None = None) -> Proposal:
    """A proposal of the program, of this partner if one is named. Raises NotFound."""
    row = fetch_one(
        f"{_SELECT} WHERE id = :id AND program_id = :program"
        " AND partner_id = coalesce(CAST(:partner AS int), partner_id)",
        {"id": number, "program": program_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    return Proposal(**row._mapping)


def listed(
    program_id: int,
    *,
    partner_id: int | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Proposal]:
    """The proposals of a program, the latest first: of one partner, in one state, where these are named."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"{_SELECT} WHERE program_id = :program AND partner_id = coalesce(CAST(:partner AS int), partner_id)"
        " AND state = coalesce(CAST(:state AS text), state)"
        " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        {"program": program_id, "partner": partner_id, "state": state, "before": before, "limit": limit + 1},
    )
    found = [Proposal(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def waiting(program_id: int) -> int:
    """How many proposals of a program wait for an answer."""
    row = fetch_one(
        "SELECT count(*) AS n FROM promotion_proposal WHERE program_id = :program AND state = 'waiting'",
        {"program": program_id},
    )
    return int(row.n) if row else 0


def _tell(program: Program, partner: str, number: int, name: str) -> None:
    """Write to every marketer who may sign in, in their language."""
    page = f"{_PAGE}/{ids.public('prp', number)}?program={program.code}"
    for one in access.people_of("staff", role="marketer", active=True, limit=_TOLD_MOST).items:
        facts = {"name": name, "partner": partner, "program": program.name}
        letters.post("proposal_made", one.email, access.user(one.id).language, page=page, **facts)


def _problems(wanted: Wanted, today: dt.date) -> Iterator[FieldError]:
    for pointer, text, most in (("/name", wanted.name, _NAME_MAX), ("/words", wanted.words, _WORDS_MAX)):
        if not text:
            yield FieldError(pointer, "required", "A text.")
        elif len(text) > most:
            yield FieldError(pointer, "too_long", f"At most {most} characters.")
    for pointer, day in (("/begins_on", wanted.begins_on), ("/ends_on", wanted.ends_on)):
        if day.year not in _YEARS:
            yield FieldError(pointer, "day", f"A day of the years {_YEARS[0]} to {_YEARS[-1]}.")
    if wanted.ends_on < wanted.begins_on:
        yield FieldError("/ends_on", "bad_days", "The last day lies before the first.")
    elif wanted.ends_on < today:
        yield FieldError("/ends_on", "day_over", "This day is over already.")
    if wanted.budget_minor is not None and wanted.budget_minor <= 0:
        yield FieldError("/budget_minor", "amount", "An amount above zero.")
