"""Playing a scenario under one rule: lots, redemptions, returns and expiries pass the real ledger, day by day.

Points whose last day is over cannot be spent today, so lots are issued with ends that lie 56 years later, in the same
order; once a scenario's day has passed an end, it is moved back to where it belongs and the ledger's sweep is run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg

from coalition import ledger, partners, programs
from coalition.kernel import clock
from coalition.kernel.config import current
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.money import to_minor
from coalition.ledger import AccountKind, Attribution, Credit, Debit, GiveBack, Operation
from settlement import accruals, statements, terms
from settlement.accruals import Period
from settlement.accruals.cycles import stretch
from tests.settlement.builders import Coalition
from tests.settlement.vectors import scenarios
from tests.settlement.vectors.scenarios import Scenario

Points = dict[str, int]
_LATER_YEARS = 56
_SINCE = dt.date(1900, 1, 1)
_OPERATOR = "operator"
_LOT, _REDEMPTION, _RETURN, _REMAINING, _EXPIRY, _CLOSE = range(6)


class Play(Coalition):
    """A scenario's coalition, and what happened in it: entry ids by event, closed periods, what was left of lots."""

    def __init__(self, scenario: Scenario, rule: str) -> None:
        self.scenario, self.rule = scenario, rule
        self.places = int(scenario.get("rounding", {}).get("document_dp", 2))
        self.lots: dict[int, str] = {}
        self.entry_ids: dict[str, tuple[int, ...]] = {}
        self.remaining: Points = {}
        self.closed: dict[tuple[dt.date, dt.date], Period] = {}
        transact(self._launch)
        self.entities: dict[str, int] = {}
        self.partners: dict[str, int] = {}
        for name, facts in scenario.get("agreements", {}).items():
            self.join(name)
            transact(lambda name=name, facts=facts: self._agree(name, facts))
        self._day = _SINCE
        for first, last in scenarios.periods(scenario, rule):
            transact(lambda last=last: self._enter_rates(last))
            transact(lambda first=first, last=last: accruals.open_period(self.program.id, stretch(first, last)))
        for first, last in self._gaps():
            transact(lambda first=first, last=last: accruals.open_period(self.program.id, stretch(first, last)))

    def run(self) -> None:
        """Let everything happen, in order of days; close each period when it is over, and accrue the rest."""
        for on, kind, fact in sorted(self._events(), key=lambda event: event[:2]):
            self._expire_before(on)
            if kind == _LOT:
                self._issue(fact, on)
            elif kind == _REDEMPTION:
                self._redeem(fact, on)
            elif kind == _RETURN:
                self._give_back(fact, on)
            elif kind == _REMAINING:
                self.remaining = transact(self._left)
            elif kind == _EXPIRY:
                self._expire_before(on + dt.timedelta(days=1))
            else:
                self._expire_before(on + dt.timedelta(days=1))
                self.closed[fact] = self.close(stretch(*fact)).period
        self._day = dt.date.max
        self.accrue()

    def name(self, entity_id: int) -> str:
        """What the scenario calls an entity."""
        names = {number: name for name, number in self.entities.items()}
        return names.get(entity_id, _OPERATOR)

    def moved(self, condition: str, **params: Any) -> list[Any]:
        """The ledger's movements that fit a condition."""
        query = f"SELECT * FROM ledger_movements WHERE program_id = :program AND {condition}"
        return transact(lambda: fetch_all(query, {"program": self.program.id, **params}))

    def by_lot(self, rows: list[Any], sign: int = 1) -> Points:
        """Points of movements by the scenario's lot, those of none left out."""
        found: Counter[str] = Counter()
        for row in rows:
            found[self.lots[row.lot_id]] += sign * row.points
        return {lot: points for lot, points in found.items() if points}

    def by_party(self, rows: list[Any], sign: int = 1) -> Points:
        """Points of movements by who funded them."""
        found: Counter[str] = Counter()
        for row in rows:
            found[self.name(row.party_id)] += sign * row.points
        return {name: points for name, points in found.items() if points}

    def _launch(self) -> None:
        base = self.scenario.get("base_currency", "EUR")
        self.program = programs.launch(
            f"play-{self.rule.lower()}", "Play", zone="Europe/Riga", currency=base, currency_decimals=self.places
        )
        programs.add_currency(
            self.program.id,
            "PT",
            name_en="points",
            name_ru="баллы",
            face_minor=Decimal(self.scenario.get("face_value", "0.01")).scaleb(self.places),
            attribution=scenarios.ATTRIBUTION[self.rule],
        )
        operator = partners.join(self.program.id, "op", "Operator", kind="operator")
        partners.add_entity(operator.id, "OP", "Operator SIA", country="LV", tax_id="LV1")
        self.program = programs.move(self.program.id, "live")
        self.currency = programs.main_currency(self.program.id)
        self.operator = partners.operator_entity(self.program.id)

    def _agree(self, name: str, facts: dict[str, Any]) -> None:
        settled_in = facts.get("settlement_currency") or self.program.currency
        agreed = scenarios.prices(self.scenario, name, self.rule)
        terms.agree(self.entities[name], agreed, starts_on=_SINCE, currency=settled_in)

    def _enter_rates(self, last: dt.date) -> None:
        """The scenario's rates, as of the last day of a period that is to be closed."""
        base = self.program.currency
        at = min(clock.end_of_last_day(last, self.program.zone) - dt.timedelta(seconds=1), clock.now())
        agreements = self.scenario.get("agreements", {}).values()
        for quote in sorted({facts.get("settlement_currency") or base for facts in agreements} - {base}):
            rate = Decimal(self.scenario.get("fx", {}).get(base + quote, "1"))
            statements.enter_rate(base, quote, rate, "the scenario", at)

    def _events(self) -> Iterator[tuple[dt.date, int, Any]]:
        def day(text: str) -> dt.date:
            return scenarios.day(self.scenario, text)

        redemptions = self.scenario.get("redemptions", [])
        yield from ((day(lot["issued"]), _LOT, lot) for lot in self.scenario.get("lots", []))
        yield from ((day(one["at"]), _REDEMPTION, one) for one in redemptions)
        for part, kind in (("adjustments", _RETURN), ("expiries", _EXPIRY)):
            yield from ((day(one["at"]), kind, one) for one in scenarios.of_rule(self.scenario, part, self.rule))
        for first, last in scenarios.periods(self.scenario, self.rule):
            yield last, _CLOSE, (first, last)
        last_redeemed = max((day(one["at"]) for one in redemptions), default=_SINCE)
        yield day(self.scenario["period"][1]) if "period" in self.scenario else last_redeemed, _REMAINING, None

    def _gaps(self) -> Iterator[tuple[dt.date, dt.date]]:
        """Days on which something happens before a period that is closed, and that are in none: they stay open."""
        days = sorted(event[0] for event in self._events())
        since = days[0] if days else dt.date.max
        for first, last in scenarios.periods(self.scenario, self.rule):
            if since < first:
                yield since, first - dt.timedelta(days=1)
            since = max(since, last + dt.timedelta(days=1))

    def _issue(self, lot: dict[str, Any], on: dt.date) -> None:
        ends = self._ends(lot)
        weights = [(self.entities[name], weight) for name, weight in lot["legs"].items()]
        credit = Credit(
            account_id=self.account(AccountKind.WALLET, 1),
            contra_id=self.account(AccountKind.ISSUANCE, weights[0][0]),
            funding_id=transact(lambda: ledger.funding(weights)),
            expires_at=ends.replace(year=ends.year + _LATER_YEARS) if ends else None,
            operation=Operation.PURCHASE,
            partner_id=self.partners[next(iter(lot["legs"]))],
            **self._facts(lot["id"], lot["points"], on),
        )
        [posted] = transact(lambda: ledger.post([credit]))
        assert posted.refused is None and posted.entry_id is not None
        self.lots[posted.entry_id] = lot["id"]

    def _redeem(self, wanted: dict[str, Any], on: dt.date) -> None:
        at = wanted.get("redeemer")
        debit = Debit(
            account_id=self.account(AccountKind.WALLET, 1),
            contra_id=self.account(AccountKind.REDEMPTION, self.entities[at] if at else self.operator.id),
            operation=Operation.ORDER,
            partner_id=self.partners[at] if at else self.operator.partner_id,
            rule=Attribution[self.currency.attribution.upper()],
            **self._facts(wanted["id"], wanted["points"], on),
        )
        [posted] = transact(lambda: ledger.post([debit]))
        assert posted.refused is None and posted.entry_id is not None, posted
        self.entry_ids[wanted["id"]] = (posted.entry_id,)
        if "supplier" in wanted:
            self.deliver(wanted["supplier"], on, to_minor(Decimal(wanted["supplier_net"]), self.places), 0)

    def _give_back(self, wanted: dict[str, Any], on: dt.date) -> None:
        [redeemed] = self.entry_ids[wanted["reversal_of"]]
        facts = self._facts(return_id(self.scenario, wanted), wanted["points"], on)
        names = ("amount", "occurred_at", "external_id", "request_hash")
        back = GiveBack(
            account_id=self.account(AccountKind.WALLET, 1),
            entry_id=redeemed,
            partner_id=self.operator.partner_id,
            operation=Operation.RETURN,
            order=self._order(wanted),
            **{name: facts[name] for name in names},
        )
        [given] = transact(lambda: ledger.give_back([back]))
        self.entry_ids[return_id(self.scenario, wanted)] = given.entry_ids

    def _order(self, wanted: dict[str, Any]) -> str | None:
        """None where the redeemer's agreement says it already, so that the ledger has to know it by itself."""
        [redemption] = [one for one in self.scenario["redemptions"] if one["id"] == wanted["reversal_of"]]
        redeemer = redemption.get("redeemer")
        agreed = scenarios.prices(self.scenario, redeemer, self.rule).reversal_order if redeemer else ""
        order: str | None = wanted.get("order")
        return None if order == agreed else order

    def _facts(self, key: str, points: int, on: dt.date) -> dict[str, Any]:
        return {
            "amount": points,
            "occurred_at": clock.start_of_day(on, self.program.zone) + dt.timedelta(hours=12),
            "program_id": self.program.id,
            "currency_id": self.currency.id,
            "external_id": key,
            "request_hash": hashlib.sha256(key.encode()).digest(),
        }

    def _ends(self, lot: dict[str, Any]) -> dt.datetime | None:
        if not lot.get("expires"):
            return None
        return clock.end_of_last_day(scenarios.day(self.scenario, lot["expires"]), self.program.zone)

    def _expire_before(self, on: dt.date) -> None:
        """Let go what was last usable before a day."""
        if on <= self._day:
            return
        self._day = on
        start = clock.start_of_day(on, self.program.zone)
        by_id = {lot["id"]: self._ends(lot) for lot in self.scenario.get("lots", [])}
        due = [entry_id for entry_id, name in self.lots.items() if (ends := by_id[name]) and ends <= start]
        owner_url = current().owner_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            ids = "SELECT id FROM entry WHERE id = ANY(%(due)s) OR root_id = ANY(%(due)s)"
            for table, column in (("lot", "entry_id"), ("allocation", "lot_id"), ("entry", "id")):
                back = f"expires_at = expires_at - interval '{_LATER_YEARS} years'"
                late = "expires_at > now() + interval '10 years' AND expires_at < 'infinity'"
                connection.execute(f"UPDATE {table} SET {back} WHERE {column} IN ({ids}) AND {late}", {"due": due})
        while transact(lambda: ledger.expire(start, 1000)):
            pass

    def _left(self) -> Points:
        found = dict.fromkeys(self.lots.values(), 0)
        rows = fetch_all(
            "SELECT coalesce(e.root_id, e.id) AS root, l.remaining FROM lot l"
            " JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id WHERE e.program_id = :program",
            {"program": self.program.id},
        )
        for row in rows:
            found[self.lots[row.root]] += row.remaining
        return found


def return_id(scenario: Scenario, adjustment: dict[str, Any]) -> str:
    """A key for a return, which the schema gives none: by its place, as two may be alike."""
    [place] = [place for place, one in enumerate(scenario["adjustments"]) if one is adjustment]
    return f"return-{place}-{adjustment['reversal_of']}"
