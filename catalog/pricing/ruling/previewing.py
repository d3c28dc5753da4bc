"""What a rule would do, before it does it: how many rewards and members it is about, and what becomes of the prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from catalog.pricing.ruling.rules import Terms, rule
from coalition.kernel.db import fetch_all, fetch_one, load_sql
from coalition.kernel.errors import NotFound

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A reward with its price for everybody and the one under the rule."""

    reward_id: int
    base_points: int
    points: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Rewards that the rule is about, and those of them that become cheaper; members who have it now.

    `base_points` and `points` are the sums of all those rewards' prices, before and under the rule; `at_floor` are kept
    up by the floor. `examples` are the rewards that become cheaper by most.
    """

    rewards: int
    cheaper: int
    at_floor: int
    base_points: int
    points: int
    members: int
    examples: tuple[Example, ...]

    @property
    def off_bp(self) -> int:
        """How much lower the prices are in the mean of all, in ten-thousandths, rounded down."""
        return (self.base_points - self.points) * 10_000 // self.base_points if self.base_points else 0


def preview(program_id: int, terms: Terms, *, code: str | None = None) -> Preview:
    """What these terms would do by themselves; `code` names the rule that exists, whose grants are counted then."""
    params = {"program_id": program_id, "most": _EXAMPLES, **asdict(terms)}
    counted = fetch_one(load_sql(__file__, "preview.sql"), params)
    assert counted is not None
    shown = fetch_all(load_sql(__file__, "preview_examples.sql"), params)
    examples = tuple(Example(row.reward_id, row.base, row.points) for row in shown)
    members = _members(program_id, terms.segment, code)
    return Preview(**counted._mapping, members=members, examples=examples)


def _members(program_id: int, segment: str | None, code: str | None) -> int:
    params = {"program_id": program_id, "segment": segment, "code": (segment or "").partition(":")[2], "rule": 0}
    if segment is None:
        try:
            params["rule"] = rule(program_id, code or "").id
        except NotFound:
            return 0
        sql = (
            "SELECT count(*) AS n FROM price_grant WHERE rule_id = :rule AND valid_to > now()"
            " AND used < coalesce(uses, used + 1)"
        )
    elif segment == "everyone":
        sql = "SELECT count(*) AS n FROM member_segments WHERE program_id = :program_id AND segment LIKE 'tier:%'"
    elif segment.startswith("list:"):
        sql = (
            "SELECT count(*) AS n FROM price_segment_member m JOIN price_segment l ON l.id = m.segment_id"
            " WHERE l.program_id = :program_id AND l.code = :code"
        )
    else:
        sql = "SELECT count(*) AS n FROM member_segments WHERE program_id = :program_id AND segment = :segment"
    row = fetch_one(sql, params)
    return int(row.n) if row else 0
