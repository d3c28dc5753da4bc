"""Why a reward costs a member what it does: its base, every rule that made the price, and every one that nearly did.

A rule nearly did if it is about this reward and belongs to the member, or to a tier or plan that the member could have.
What others were granted by name, and lists of members, are nobody else's business. In words, in English or Russian.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.pricing.personal.applying import Applied, best, together
from catalog.pricing.personal.personalising import rules_of
from catalog.pricing.personal.wording import Words, percent, say
from coalition import members, programs
from coalition.kernel.db import AnyRow, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule about the reward and what became of it.

    `state`: applied, beaten (another is lower), no_lower (than the base), segment (for others), not_begun, ended,
    budget (used up), grant_ended or grant_used. `points` is the price under it alone.
    """

    rule_id: int
    code: str
    version: int
    name_en: str
    name_ru: str
    state: str
    points: int
    effect: str
    value: int
    floor: int
    segment: str | None
    at: dt.datetime | None
    uses: int | None


@dataclass(frozen=True, slots=True)
class Why:
    """The price of a piece for everybody and for the member, and the rules: those that made it first."""

    base_points: int
    points: int
    considered: tuple[Considered, ...]
    words: Words

    def sentences(self, language: str) -> list[str]:
        """Everything as sentences, in `en` or `ru`."""
        told = [say("base", language, points=self.words.number(self.base_points, language))]
        told += [self._sentence(one, language) for one in self.considered]
        if sum(one.state == "applied" for one in self.considered) > 1:
            told.append(say("together", language))
        return [*told, say("result", language, points=self.words.number(self.points, language))]

    def _sentence(self, one: Considered, language: str) -> str:
        key = f"applied_{one.effect}" if one.state == "applied" else one.state
        sentence = say(
            key,
            language,
            name=one.name_ru if language == "ru" else one.name_en,
            value=self.words.number(one.value, language) if one.effect == "fixed" else percent(one.value, language),
            points=self.words.number(one.points, language),
            group=self.words.group(one.segment, language),
            at=f"{one.at:%d.%m.%Y}" if one.at else "",
            uses=one.uses,
        )
        floored = one.state == "applied" and one.points == one.floor
        return sentence + (say("floor", language, points=self.words.number(one.floor, language)) if floored else "")


def why(program_id: int, member_id: int | None, reward_id: int) -> Why:
    """Why a reward costs the member (None: somebody we do not know) what it costs now. Raises NotFound."""
    params = {"program_id": program_id, "member_id": member_id, "reward_id": reward_id}
    row = fetch_one(
        "SELECT points FROM reward_prices WHERE reward_id = :reward_id AND program_id = :program_id", params
    )
    if row is None:
        raise NotFound()
    about = fetch_all(load_sql(__file__, "why.sql"), params)
    ids = {one.id for one in about}
    had = {rule.rule_id: rule for rule in rules_of(program_id, member_id) if rule.rule_id in ids}
    points, made_by = best(row.points, had.values())
    applied = {rule.rule_id for rule in made_by}
    considered = [_considered(one, row.points, had.get(one.id), applied) for one in about]
    told = sorted((one for one in considered if one is not None), key=lambda one: (one.state != "applied", one.points))
    return Why(row.points, points, tuple(told), _words(program_id))


def _considered(row: AnyRow, base: int, rule: Applied | None, applied: set[int]) -> Considered | None:
    value = row.own_value if row.own_value is not None else row.value
    alone = together(base, [rule]) if rule else _alone(base, row, value)
    if rule is None and not row.had and not (row.segment or "").startswith(("tier:", "plan:")):
        return None
    state, at = _state(row, base, alone, rule, applied)
    facts = (row.id, row.code, row.version, row.name_en, row.name_ru, state, alone, row.effect, value)
    return Considered(*facts, row.floor_points, row.segment, at, row.uses)


def _state(
    row: AnyRow, base: int, alone: int, rule: Applied | None, applied: set[int]
) -> tuple[str, dt.datetime | None]:
    if rule is not None:
        return ("applied" if row.id in applied else "beaten" if alone < base else "no_lower"), None
    reasons = (
        (not row.begun, "not_begun", row.valid_from),
        (row.over, "ended", row.valid_to),
        (not row.had, "segment", None),
        (row.spent, "budget", None),
        (row.grant_over, "grant_ended", row.grant_to),
    )
    return next(((name, at) for holds, name, at in reasons if holds), ("grant_used", None))


def _alone(base: int, row: AnyRow, value: int) -> int:
    factor = {"percent": 10_000 - value, "multiplier": value}.get(row.effect)
    price = value if factor is None else -(-base * factor // 10_000)
    return min(base, max(price, int(row.floor_points)))


def _words(program_id: int) -> Words:
    tiers = {f"tier:{one.code}": (one.name_en, one.name_ru) for one in members.ladder(program_id).tiers}
    plans = {f"plan:{one.code}": (one.name_en, one.name_ru) for one in members.plans(program_id)}
    return Words(programs.main_currency(program_id).decimals, {**tiers, **plans})
