"""What came of a play, in the very shape in which a scenario writes it down, so that the two can be compared whole."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from coalition.kernel.db import fetch_all, transact
from coalition.kernel.money import round_half_up
from settlement import accruals, statements, terms
from settlement.accruals import Flow, Period
from settlement.reports import revenue
from settlement.statements import Drawn, arithmetic
from settlement.statements.arithmetic import Document
from tests.settlement.vectors import scenarios
from tests.settlement.vectors.playing import Play, return_id

Figures = dict[str, Any]
_CODES = {"funding": "issue_funding", "service": "service_fee", "redemption": "redemption_funding"}
_OPERATOR = "operator"
_PARTS = ("net", "vat", "gross")


def drawn(play: Play, period: Period) -> dict[str, Drawn]:
    """The statements of a period, by the scenario's names: as it was closed, or as it would be."""
    found = transact(lambda: statements.drawn_of(period) if period.state == "closed" else statements.draw_up(period))
    return {play.name(one.entity_id): one for one in found}


def of_rule(play: Play, expected: Figures) -> Figures:
    """Draws and funders of every redemption, what remains, and who pays for what was redeemed."""
    found: Figures = {}
    for key in expected:
        if key == "remaining":
            found[key] = play.remaining
        elif key == "redemption_charge":
            found[key] = _charged(play)
        else:
            rows = play.moved("entry_id = ANY(:ids)", ids=list(play.entry_ids[key]))
            found[key] = {"draws": play.by_lot(rows), "funders": play.by_party(rows)}
    return found


def _charged(play: Play) -> Figures:
    """Who pays how much for what was redeemed in the scenario's period, which may have been closed in parts."""
    first, last = (scenarios.day(play.scenario, text) for text in play.scenario["period"])
    found: Figures = {}
    for (begins, ends), period in play.closed.items():
        shown = drawn(play, period).items() if first <= begins and ends <= last else ()
        for name, one in shown:
            if not one.is_operator:
                found[name] = found.get(name, Decimal(0)) + net(one, "redemption_funding", play)
    return found


def of_statement(play: Play, expected: Figures) -> Figures:
    """Every figure that a statement has of its parties, and their sum."""
    first, last = (scenarios.day(play.scenario, text) for text in expected.get("period") or play.scenario["period"])
    period = play.closed[(first, last)]
    shown = drawn(play, period)
    parties = {
        name: {figure: _figure(play, period, _stated(play, shown, name), figure) for figure in figures}
        for name, figures in expected["parties"].items()
    }
    if "sum" in expected and _OPERATOR in parties:
        left_out = {name: one.position_minor for name, one in shown.items() if name not in parties}
        assert not any(left_out.values()), "a party has a position that the scenario does not know"
    total = sum(one.position_minor for one in shown.values())
    return {**expected, "parties": parties, **({"sum": money(play, total)} if "sum" in expected else {})}


def _stated(play: Play, shown: dict[str, Drawn], name: str) -> Drawn:
    """A party's statement; whom nothing happened to in a period has none, which is one without documents."""
    return shown[name] if name in shown else Drawn(play.entities[name], False, ())


def of_adjustment(play: Play, expected: Figures) -> Figures:
    """What a return has put back and whose points they were, and what each party's correction comes to."""
    entry_ids = list(play.entry_ids[return_id(play.scenario, expected)])
    rows = play.moved("entry_id = ANY(:ids)", ids=entry_ids)
    found: Figures = {"restored": play.by_lot(rows, -1), "legs": play.by_party(rows, -1)}
    issued = _documents(play, [row.movement_id for row in rows])
    lines: Figures = {}
    for document in issued:
        side = "redeemer_return" if document.sign > 0 else "issuer_credit"
        parts = {part: money(play, -getattr(document, f"{part}_minor")) for part in _PARTS}
        lines.setdefault(play.name(document.entity_id), {})[side] = parts
    for own in lines.values():
        back, credit = (own.get(side, {"gross": Decimal(0)})["gross"] for side in ("redeemer_return", "issuer_credit"))
        own["net_payable"] = back - credit
    return {**expected, **{key: value for key, value in (found | {"lines": lines}).items() if key in expected}}


def of_expiry(play: Play, expected: Figures) -> Figures:
    """What has expired on a day, what the operator keeps of it, credits of it, and is never paid."""
    on = scenarios.day(play.scenario, expected["at"])
    zone = play.program.zone
    rows = play.moved("kind = 'expire' AND (occurred_at AT TIME ZONE :zone)::date = :on", zone=zone, on=on)
    legs = play.by_party(rows)
    agreed = transact(lambda: terms.in_force(play.program.id, on))
    prices = {name: agreed[play.entities[name]] for name in legs}
    credits = {document.entity_id: document for document in _documents(play, [row.movement_id for row in rows])
               if document.kind == arithmetic.CREDIT}  # fmt: skip
    places = play.places
    found = {
        "lots": play.by_lot(rows),
        "legs": legs,
        "retained": {name: round_half_up(legs[name] * prices[name].issue_price, places) for name in legs},
        "credited": {
            name: money(play, credits[play.entities[name]].net_minor if play.entities[name] in credits else 0)
            for name in legs
        },
        "never_due": {name: round_half_up(legs[name] * prices[name].redemption_price, places) for name in legs},
    }
    return {**expected, **{key: value for key, value in found.items() if key in expected}}


def of_deferral(play: Play, expected: Figures) -> Figures:
    """A pool of deferred revenue from the ledger: paid, issued and redeemed until a day, and what is earned of it."""
    as_of, entity = scenarios.day(play.scenario, expected["as_of"]), play.entities[expected["party"]]
    row = transact(
        lambda: fetch_all(
            """SELECT coalesce(sum(points * CASE kind WHEN 'clawback' THEN -1 ELSE 1 END)
                                 FILTER (WHERE kind IN ('issue', 'clawback')), 0)::bigint AS issued,
                      coalesce(sum(points * funding_price) FILTER (WHERE kind = 'issue'), 0)
                        - coalesce(sum(points * funding_price) FILTER (WHERE kind = 'clawback'), 0) AS pool,
                      coalesce(sum(points) FILTER (WHERE kind = 'redeem'), 0)::bigint AS redeemed
                 FROM accrual WHERE program_id = :program AND funder_id = :entity AND occurred_on <= :as_of""",
            {"program": play.program.id, "entity": entity, "as_of": as_of},
        )
    )[0]
    share, places = Decimal(expected["expected_redemption"]), play.places
    total = revenue.expected_total(row.issued, share, row.redeemed)
    return {
        **expected,
        "pool": round_half_up(row.pool, places),
        "points": row.issued,
        "redeemed_cumulative": row.redeemed,
        "recognised_cumulative": revenue.recognised(row.pool, row.redeemed, total, places),
    }


def money(play: Play, minor: int) -> Decimal:
    """Minor units as an amount."""
    return Decimal(minor).scaleb(-play.places)


def net(one: Drawn, code: str, play: Play) -> Decimal:
    """The net of one charge on a statement, in all."""
    lines = (line for document in one.documents for line in document.lines if line.code == code)
    return money(play, sum(line.net_minor for line in lines))


def _figure(play: Play, period: Period, one: Drawn, figure: str) -> Decimal | int:
    if figure in _CODES:
        return net(one, _CODES[figure], play)
    if figure == "issued":
        return _issued(play, period, one.entity_id)
    if figure == "position":
        return money(play, one.position_minor)
    if figure.startswith("position_"):
        return _settled(period, one.entity_id, figure.removeprefix("position_").upper())
    vat = sum(document.sign * document.vat_minor for document in one.documents)
    if figure in ("vat_payable", "own"):
        return money(play, vat if figure == "vat_payable" else one.position_minor - vat)
    side, part = (1, figure.removeprefix("receivable_")) if figure.startswith("receivable_") else (-1, figure)
    assert part in _PARTS, f"the scenario asks for a figure that nobody knows: {figure}"
    return money(play, sum(getattr(document, f"{part}_minor") for document in one.documents if document.sign == side))


def _issued(play: Play, period: Period, entity_id: int) -> int:
    flows = [flow for flow in transact(lambda: accruals.flows(period.id)) if flow.funder_id == entity_id]
    signs = Counter({"issue": 1, "clawback": -1})
    return sum(signs[flow.kind] * flow.points for flow in flows)


def _settled(period: Period, entity_id: int, currency: str) -> Decimal:
    """A position in its settlement currency, at the rate that the close has fixed."""
    heads = [one for one in transact(lambda: statements.of_period(period)) if one.legal_entity_id == entity_id]
    if not heads:
        return Decimal(0)
    [head] = heads
    assert head.settlement_currency == currency
    assert head.settlement_minor is not None
    return Decimal(head.settlement_minor).scaleb(-(head.settlement_decimals or 0))


def _documents(play: Play, movement_ids: list[str]) -> list[Document]:
    """The documents of these movements alone, at the prices at which they were accrued."""
    names = [name for name in Flow.__slots__ if name != "points_decimals"]
    columns = ", ".join(f"a.{name}" for name in names)
    rows = transact(
        lambda: fetch_all(
            f"SELECT {columns}, c.decimals AS points_decimals FROM accrual a JOIN currency c ON c.id = a.currency_id"
            " WHERE a.movement_id = ANY(:ids)",
            {"ids": movement_ids},
        )
    )
    due = [charge for row in rows for charge in arithmetic.charges(Flow(**row._mapping))]
    agreed = transact(lambda: terms.by_id({charge.agreement_id for charge in due}))
    return arithmetic.documents(due, lambda id, code: terms.vat_rate(agreed[id], code), play.operator.id, play.places)
