"""What events earn: fixed points by the partner's rules for their type, and what promotions give for them; booked in
one batch, with the reasons.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coalition import ledger, members, partners, promotions
from coalition.kernel import clock
from coalition.kernel.db import raw
from coalition.ledger import AccountKind, Credit, Operation
from coalition.promotions import granting
from coalition.promotions.granting import Happening, keeping
from coalition.purchases.counter import Counter, counter, knowing
from coalition.purchases.events.event import Event, Made, RecordedEvent, announce, insert_events
from coalition.purchases.finding import Told, about
from coalition.purchases.grants import PROMOTION, Grant, of_rule
from coalition.purchases.limiting import ALONE_MAX, Claim, within
from coalition.purchases.receipts import Refused
from coalition.purchases.recording.promoting import Ask, Chain, Promoted, promote
from coalition.purchases.recording.storing import Via

_AWARD = """
    INSERT INTO event_award (event_id, no, account_id, entry_id, units, available_at, expires_at, currency_id, rule_id,
                             promotion, promotion_version, effect, reason_key, reason_params)
    SELECT x.* FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                           %s::timestamptz[], %s::int[], %s::int[], %s::text[], %s::int[], %s::smallint[], %s::text[],
                           %s::jsonb[]) x"""
_TELL = """
    SELECT a.entry_id, e.partner_id, e.type, coalesce(r.code, a.promotion), a.currency_id, a.units, a.available_at,
           a.expires_at, a.reason_key, a.reason_params
      FROM event e JOIN event_award a ON a.event_id = e.id LEFT JOIN base_rule r ON r.id = a.rule_id"""
_REASONS = f"""{_TELL}
      JOIN unnest(%s::int[], %s::text[], %s::bigint[]) w(partner_id, external_id, entry_id)
        ON w.partner_id = e.partner_id AND w.external_id = e.external_id AND w.entry_id = a.entry_id"""


@dataclass(frozen=True, slots=True)
class _Earned:
    made: Made
    no: int
    grant: Grant


def record_events(partner_id: int, batch: Sequence[Event], via: Via = Via()) -> list[RecordedEvent | Refused]:
    """Record a partner's events and book what the new ones earn; the results stand in the batch's order.

    An event sent before comes back as it stands (`replayed`); another content under its external id is refused as
    `external_id_conflict`. Locks the wallets that are credited. Raises RacingKey: `transact` tries again.
    """
    results, made = insert_events(partner_id, batch, via)
    earned, _ = earn(partner_id, made)
    return [
        replace(one, earned=earned.get(one.id, {})) if isinstance(one, RecordedEvent) and not one.replayed else one
        for one in results
    ]


def earn(
    partner_id: int, made: Sequence[Made], chain: Chain | None = None
) -> tuple[Mapping[int, Mapping[int, int]], Promoted | None]:
    """Book what new events earn: the units by event and currency, and what promotions made of them.

    `chain`: what they follow from, if they follow from other events.
    """
    at = counter(partner_id)
    if made:
        at = knowing(at, promotions.in_force(partner_id))
        ledger.lock_owners(at.program.id, {one.member.member_id for one in made})
    by_rules = _within_limits(at, list(_earned(at, made)))
    found = _promoted(at, made, by_rules, chain) if made else None
    if found is None:
        earned = _book(at, by_rules)
    else:
        beyond = _within_limits(found.at, list(_by_promotions(made, found)))
        currencies = found.at.currencies
        units = {(one.made.id, *one.grant.booked(currencies)): one.grant.units for one in beyond}
        keeping.insert(granting.EVENT, found.settle(units))
        earned = _book(found.at, [*by_rules, *beyond])
    announce(at, made)
    return earned, found


def tell_event(partner_id: int, event_id: int, language: str = "en") -> list[Told]:
    """What an event earned, in words."""
    rows = raw().execute(
        f"{_TELL} WHERE e.id = %s AND e.partner_id = %s ORDER BY a.no".encode(), (event_id, partner_id)
    )
    return [_in_words(row, language) for row in rows.fetchall()]


def event_reasons(booked: Iterable[tuple[int, str, int]], language: str = "en") -> dict[int, str]:
    """Why journal rows of events were booked: (partner, external id, entry id) to a sentence by entry id."""
    keys = list(booked)
    rows = raw().execute(_REASONS.encode(), tuple(map(list, zip(*keys, strict=True)))).fetchall() if keys else []
    return {row[0]: _in_words(row, language).reason for row in rows}


def _earned(at: Counter, made: Sequence[Made]) -> Iterable[_Earned]:
    rules = [rule for rule in promotions.in_force(at.partner.id) if rule.event_type]
    if not rules:
        return
    entity = partners.entities_of(at.partner.id)[0]
    for one in made:
        earner = promotions.Earner(one.member.tier)
        awards = promotions.evaluate_event(one.event.type, one.event.occurred_at, rules, earner=earner)
        for no, award in enumerate(awards, start=1):
            yield _Earned(one, no, of_rule(award, award.rule.funder_id or entity.id))


def _promoted(at: Counter, made: Sequence[Made], earned: Sequence[_Earned], chain: Chain | None) -> Promoted | None:
    """What promotions give for the events; None without any promotions."""
    if promotions.ruleset(at.program.id) is None:
        return None
    entity = partners.entities_of(at.partner.id)[0]
    base: dict[int, list[Grant]] = defaultdict(list)
    for one in earned:
        base[one.made.id].append(one.grant)
    asks = [Ask(one.id, happening(at, one), entity.id) for one in made]
    return promote(at, granting.EVENT, asks, base, chain)


def happening(at: Counter, made: Made) -> Happening:
    """An event as promotions are asked about it: its attributes are its payload."""
    event = made.event
    return Happening(
        id=f"{at.partner.code}#{event.external_id}",
        type=event.type,
        occurred_at=event.occurred_at,
        partner=at.partner,
        member_id=made.member.member_id,
        tier=made.member.tier,
        attributes=event.attributes,
        late=clock.now() - event.occurred_at > granting.LATE_AFTER,
    )


def _by_promotions(made: Sequence[Made], found: Promoted) -> Iterable[_Earned]:
    for one in made:
        for no, grant in enumerate(found.grants.get(one.id, ()), start=ALONE_MAX + 1):
            yield _Earned(one, no, grant)


def _book(at: Counter, earned: Sequence[_Earned]) -> Mapping[int, Mapping[int, int]]:
    """Book the awards; the units by event and currency."""
    credits, now = _credits(at, earned), clock.now()
    units: dict[int, Tally[int]] = defaultdict(Tally)
    rows, climbing = [], dict[int, int]()
    for one, credit, posted in zip(earned, credits, ledger.post(credits) if credits else (), strict=True):
        if posted.entry_id is None or posted.replayed:
            raise RuntimeError(f"the ledger knows event {one.made.id}, which was not recorded: {posted}")
        grant = one.grant
        units[one.made.id][credit.currency_id] += grant.units
        born = (max(now, credit.active_at or now), credit.expires_at, credit.currency_id, grant.rule_id)
        by = (grant.code, grant.version, grant.effect) if grant.rule_id is None else (None, None, None)
        why = (grant.reason_key, json.dumps(dict(grant.reason_params)))
        rows.append((one.made.id, one.no, credit.account_id, posted.entry_id, grant.units, *born, *by, *why))
        if at.currencies[credit.currency_id].kind == "tier":
            climbing[one.made.member.member_id] = posted.undrawn
    if rows:
        raw().execute(_AWARD, [list(column) for column in zip(*rows, strict=True)])
    if climbing:
        members.qualify(at.program.id, climbing)
    return units


def _within_limits(at: Counter, earned: Sequence[_Earned]) -> Sequence[_Earned]:
    if not at.limits:
        return earned
    claims = [Claim(one.made.event.external_id, one.no, one.grant) for one in earned]
    granted = within(at, Operation.EVENT, claims)
    return [replace(one, grant=grant) for one, grant in zip(earned, granted, strict=True) if grant]


def _credits(at: Counter, earned: Sequence[_Earned]) -> list[Credit]:
    """One credit an award, under the event's key."""
    owners: dict[int, set[int]] = defaultdict(set)
    for one in earned:
        owners[one.grant.currency_id].add(one.made.member.member_id)
    wallets = {of: ledger.accounts(at.program.id, of, AccountKind.WALLET, who) for of, who in owners.items()}
    return [_credit(at, one, wallets[one.grant.currency_id][one.made.member.member_id]) for one in earned]


def _credit(at: Counter, one: _Earned, wallet_id: int) -> Credit:
    event, grant, program_id = one.made.event, one.grant, at.program.id
    born = grant.born(at.policies, event.occurred_at)
    return Credit(
        account_id=wallet_id,
        contra_id=ledger.account(program_id, grant.currency_id, AccountKind.ISSUANCE, grant.issuer_id),
        amount=grant.units,
        occurred_at=event.occurred_at,
        program_id=program_id,
        partner_id=at.partner.id,
        currency_id=grant.currency_id,
        operation=Operation.EVENT,
        external_id=event.external_id,
        no=one.no,
        request_hash=event.request_hash,
        funding_id=ledger.funding(grant.legs),
        active_at=born.active_at,
        expires_at=born.expires_at,
        restriction_id=grant.promo_account_id,
        idle_at=born.idle_at,
    )


def _in_words(row: Sequence[Any], language: str) -> Told:
    _, partner_id, sort, code, currency_id, units, available_at, expires_at, key, params = row
    at = counter(partner_id)
    currency = at.currencies[currency_id]
    reason = promotions.sentence(
        key,
        params,
        name=currency.name_ru if language == "ru" else currency.name_en,
        points_decimals=currency.decimals,
        money=at.program.currency,
        money_decimals=at.program.currency_decimals,
        language=language,
        about=about(at, code, language) if key.startswith(PROMOTION) else sort,
    )
    born: tuple[dt.datetime, dt.datetime | None] = (available_at, expires_at)
    return Told(code, "points.credit", currency.code, units, {}, *born, reason)
