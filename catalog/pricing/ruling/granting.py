"""Who has which rule: rules granted to members by name, and static lists of members that are segments.

A grant said again replaces what was said before; what was used of it stays used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.pricing.ruling.rules import Rule, rule
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

_CHUNK = 10_000
_GRANT = """
    INSERT INTO price_grant AS g (member_id, rule_id, value, valid_to, uses)
    SELECT u.member_id, :rule_id, u.value, u.valid_to, u.uses
      FROM unnest(CAST(:members AS bigint[]), CAST(:values AS bigint[]), CAST(:ends AS timestamptz[]),
                  CAST(:uses AS int[])) AS u (member_id, value, valid_to, uses)
     ORDER BY u.member_id
    ON CONFLICT (member_id, rule_id) DO UPDATE SET value = excluded.value, valid_to = excluded.valid_to,
        uses = CASE WHEN excluded.uses IS NOT NULL THEN greatest(excluded.uses, g.used) END"""


@dataclass(frozen=True, slots=True)
class Grant:
    """A rule for one member until `valid_to`: with a `value` of its own, and so many `uses` (pieces); None: any."""

    member_id: int
    valid_to: dt.datetime
    value: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant as the member has it, and how many pieces were bought with it."""

    rule_id: int
    code: str
    name_en: str
    name_ru: str
    value: int | None
    valid_to: dt.datetime
    uses: int | None
    used: int


def grant(program_id: int, code: str, grants: Sequence[Grant]) -> int:
    """Grant a rule to these members; how many. Raises NotFound, Invalid for a rule of a segment or a wrong value.

    The members must be the program's own: this room does not ask.
    """
    found = rule(program_id, code)
    if found.terms.segment is not None:
        problem = FieldError("/code", "not_granted", "The rule belongs to a segment; nobody is granted it.")
        raise Invalid("not_granted", "Only a rule without a segment is granted.", [problem])
    _check(found, grants)
    for at in range(0, len(grants), _CHUNK):
        some = grants[at : at + _CHUNK]
        execute(
            _GRANT,
            {
                "rule_id": found.id,
                "members": [one.member_id for one in some],
                "values": [one.value for one in some],
                "ends": [one.valid_to for one in some],
                "uses": [one.uses for one in some],
            },
        )
    audit.record("price_rule.grant", f"price_rule:{found.id}", program_id=program_id, members=len(grants))
    return len(grants)


def withdraw(program_id: int, code: str, member_id: int) -> None:
    """End a member's grant now; what was bought with it stays bought. Again changes nothing. Raises NotFound."""
    found = rule(program_id, code)
    ended = execute(
        "UPDATE price_grant SET valid_to = now() WHERE rule_id = :rule AND member_id = :member AND valid_to > now()",
        {"rule": found.id, "member": member_id},
    )
    if ended:
        audit.record("price_rule.withdraw", f"price_rule:{found.id}", program_id=program_id, member_id=member_id)


def grants_of(program_id: int, member_id: int) -> list[Granted]:
    """The grants that a member has in this program, used up and ended ones too, the newest first; at most 200."""
    rows = fetch_all(
        "SELECT r.id, r.code, r.name_en, r.name_ru, g.value, g.valid_to, g.uses, g.used"
        " FROM price_grant g JOIN price_rule r ON r.id = g.rule_id"
        " WHERE g.member_id = :member AND r.program_id = :program ORDER BY g.granted_at DESC, r.id LIMIT 200",
        {"member": member_id, "program": program_id},
    )
    return [Granted(*row) for row in rows]


def follow_merge(from_id: int, into_id: int) -> int:
    """Let what a merged member was granted, and the lists it was on, go over to the survivor; how many grants.

    What the survivor was granted itself stays as it is; pieces that were used stay used.
    Locks the grants by rule first: an order that is using one up is waited for, and what it used does not go over.
    """
    params = {"from_id": from_id, "into_id": into_id}
    execute("SELECT 1 FROM price_grant WHERE member_id = :from_id ORDER BY rule_id FOR NO KEY UPDATE", params)
    moved = execute(
        "INSERT INTO price_grant (member_id, rule_id, value, valid_to, uses, granted_at)"
        " SELECT :into_id, rule_id, value, valid_to, uses - used, granted_at FROM price_grant"
        " WHERE member_id = :from_id AND valid_to > now() AND (uses IS NULL OR used < uses) ORDER BY rule_id"
        " ON CONFLICT DO NOTHING",
        params,
    )
    execute("UPDATE price_grant SET valid_to = now() WHERE member_id = :from_id AND valid_to > now()", params)
    execute(
        "WITH left_lists AS (DELETE FROM price_segment_member WHERE member_id = :from_id RETURNING segment_id)"
        " INSERT INTO price_segment_member (member_id, segment_id) SELECT :into_id, segment_id FROM left_lists"
        " ON CONFLICT DO NOTHING",
        params,
    )
    return moved


def define_list(program_id: int, code: str, *, name_en: str, name_ru: str) -> int:
    """A list of members that rules can name as `list:code`; its id. Said again, it is renamed."""
    row = fetch_one(
        "INSERT INTO price_segment (program_id, code, name_en, name_ru) VALUES (:program, :code, :name_en, :name_ru)"
        " ON CONFLICT (program_id, code) DO UPDATE SET name_en = excluded.name_en, name_ru = excluded.name_ru"
        " RETURNING id",
        {"program": program_id, "code": code, "name_en": name_en, "name_ru": name_ru},
    )
    assert row is not None
    return int(row.id)


def fill_list(program_id: int, code: str, member_ids: Iterable[int], *, replace: bool = False) -> int:
    """Put members on a list, in place of all others if asked; how many it has now. Raises NotFound."""
    row = fetch_one(
        "SELECT id FROM price_segment WHERE program_id = :program AND code = :code FOR UPDATE",
        {"program": program_id, "code": code},
    )
    if row is None:
        raise NotFound()
    params = {"id": row.id, "members": sorted(set(member_ids))}
    if replace:
        execute(
            "DELETE FROM price_segment_member WHERE segment_id = :id AND member_id <> ALL(CAST(:members AS bigint[]))",
            params,
        )
    execute(
        "INSERT INTO price_segment_member (member_id, segment_id)"
        " SELECT unnest(CAST(:members AS bigint[])), :id ON CONFLICT DO NOTHING",
        params,
    )
    audit.record("price_segment.fill", f"price_segment:{row.id}", program_id=program_id, members=len(params["members"]))
    counted = fetch_one("SELECT count(*) AS n FROM price_segment_member WHERE segment_id = :id", {"id": row.id})
    return int(counted.n) if counted else 0


def _check(found: Rule, grants: Sequence[Grant]) -> None:
    least, most = (0, 10**13) if found.terms.effect == "fixed" else (1, 10_000)
    now, problems = clock.now(), []
    for at, one in enumerate(grants):
        if one.value is not None and not least <= one.value <= most:
            problems.append(FieldError(f"/grants/{at}/value", "invalid", f"From {least} to {most}."))
        if one.uses is not None and not 1 <= one.uses <= 10**6:
            problems.append(FieldError(f"/grants/{at}/uses", "invalid", "At least one piece."))
        if one.valid_to <= now:
            problems.append(FieldError(f"/grants/{at}/valid_to", "invalid", "It has ended already."))
    if len({one.member_id for one in grants}) < len(grants):
        problems.append(FieldError("/grants", "duplicate", "A member stands there twice."))
    if problems:
        raise Invalid("invalid", "These grants cannot be made.", problems[:100])
