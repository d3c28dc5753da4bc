"""What a scenario must come to, by plain decimals and lists: no ledger, no database, nothing of the product.

Written from design/settlement.md alone, so that the product and this can only agree by both being right. It fills in
the expectations of a scenario that has its inputs: agreements, lots, redemptions, returns and expiries.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Draw = tuple[dict[str, Any], int, int]
CENT = Decimal("0.01")
_SALES = {"funding", "redemption", "breakage"}


def half_up(value: Decimal, unit: Decimal = CENT) -> Decimal:
    return value.quantize(unit, rounding=ROUND_HALF_UP)


def legs_of(lot: dict[str, Any], before: int, after: int) -> dict[str, int]:
    """Whose points the stretch of a lot is: legs by fixed positions, the last takes the rest."""
    whole, found, left = sum(lot["legs"].values()), {}, after - before
    *first, last = lot["legs"]
    for name in first:
        at = [int(half_up(Decimal(place * lot["legs"][name]) / whole, Decimal(1))) for place in (before, after)]
        found[name] = at[1] - at[0]
        left -= found[name]
    return {name: points for name, points in (found | {last: left}).items() if points}


class Book:
    """One member's lots, under one rule."""

    def __init__(self, scenario: dict[str, Any], rule: str) -> None:
        self.agreements, self.rule = scenario["agreements"], rule
        self.face, self.rate = Decimal(scenario["face_value"]), Decimal(scenario["vat_rate"])
        self.lots: list[dict[str, Any]] = []
        self.draws: dict[str, list[Draw]] = {}
        self.flows: list[tuple[str, str, str, int, Decimal]] = []  # day, party, charge, quantity, unit price
        self.issued: list[tuple[str, str, int]] = []
        self.redeemed: list[tuple[str, str, int]] = []

    def price(self, name: str, key: str) -> Decimal:
        facts = self.agreements.get(name, {})
        if key == "redeemed" and "commission" in facts:
            return self.face * (1 - Decimal(facts["commission"]))
        keys = {"funding": "issue", "service": "service", "redemption": "redeem", "redeemed": "redeemer_rate"}
        if key == "breakage":
            return Decimal(facts.get("issue", "0")) * Decimal(facts.get("breakage_share", "0"))
        return Decimal(facts.get(keys[key]) or "0")

    def charge(self, day: str, name: str, key: str, quantity: int) -> None:
        if price := self.price(name, key):
            self.flows.append((day, name, key, quantity, price))

    def issue(self, lot: dict[str, Any]) -> None:
        number = len(self.lots)
        self.lots.append({**lot, "root": lot["id"], "left": lot["points"], "number": number})
        for name, points in legs_of(lot, 0, lot["points"]).items():
            self.issued.append((lot["issued"], name, points))
            self.charge(lot["issued"], name, "funding", points)
            self.charge(lot["issued"], name, "service", points)

    def redeem(self, wanted: dict[str, Any]) -> None:
        order = sorted((lot for lot in self.lots if lot["left"]), key=self.place)
        self.draws[wanted["id"]] = []
        for lot, points in zip(order, self.shares(wanted["points"], order), strict=True):
            if points:
                self.draws[wanted["id"]].append((lot, points, lot["points"] - lot["left"]))
                lot["left"] -= points
        assert sum(points for _, points, _ in self.draws[wanted["id"]]) == wanted["points"]
        for name, points in self.funders(self.draws[wanted["id"]]).items():
            self.redeemed.append((wanted["at"], name, points))
            self.charge(wanted["at"], name, "redemption", points)
        self.charge(wanted["at"], wanted.get("redeemer", ""), "redeemed", wanted["points"])
        if "supplier" in wanted:
            self.flows.append((wanted["at"], wanted["supplier"], "supplied", 1, Decimal(wanted["supplier_net"])))

    def place(self, lot: dict[str, Any]) -> tuple[Any, ...]:
        fifo = self.rule == "FIFO"
        return (lot["issued"] if fifo else lot["expires"], lot["number"])

    def shares(self, points: int, order: list[dict[str, Any]]) -> list[int]:
        if self.rule != "PRORATA":
            found = []
            for lot in order:
                found.append(min(points, lot["left"]))
                points -= found[-1]
            return found
        whole = sum(lot["left"] for lot in order)
        found = [points * lot["left"] // whole for lot in order]
        ranks = sorted(range(len(order)), key=lambda at: (-(points * order[at]["left"] % whole), order[at]["number"]))
        for at in ranks[: points - sum(found)]:
            found[at] += 1
        return found

    def give_back(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Put points of a redemption back, each draw's last ones, and what that comes to."""
        redeemer, draws = wanted["redeemer"], self.draws[wanted["reversal_of"]]
        agreed = self.agreements.get(redeemer, {}).get("reversal_order", "last_drawn_first")
        order = wanted.get("order", agreed)
        parts, stretch = self.parts(draws, wanted["points"], order), []
        for at, part in enumerate(parts):
            lot, amount, before = draws[at]
            draws[at] = (lot, amount - part, before)
            if part:
                stretch.append((lot, part, before + amount - part))
        legs, restored, book = self.funders(stretch), defaultdict(int), len(self.flows)
        for lot, amount, before in stretch:
            restored[lot["root"]] += amount
            if len(lot["legs"]) == 1:
                lot["left"] += amount
            else:
                own = legs_of(lot, before, before + amount)
                child = {**lot, "legs": own, "points": amount, "left": amount, "number": len(self.lots)}
                self.lots.append(child)
        for name, amount in legs.items():
            self.redeemed.append((wanted["at"], name, -amount))
            self.charge(wanted["at"], name, "redemption", -amount)
        self.charge(wanted["at"], redeemer, "redeemed", -sum(legs.values()))
        return {"order": order, "restored": dict(restored), "legs": legs, "lines": self.corrections(self.flows[book:])}

    def parts(self, draws: list[Draw], points: int, order: str) -> list[int]:
        """How much comes back of each draw: in proportion to what it has left, or from the last one on."""
        left = [amount for _, amount, _ in draws]
        if order != "pro_rata":
            return [max(0, min(own, points - sum(left[at + 1 :]))) for at, own in enumerate(left)]
        exact = [Decimal(points * own) / sum(left) for own in left]
        found = [int(one) for one in exact]
        ranks = sorted(range(len(left)), key=lambda at: (found[at] - exact[at], at))
        for at in ranks[: points - sum(found)]:
            found[at] += 1
        return found

    def corrections(self, flows: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for (name, sign), (net, vat) in self.sides(flows).items():
            side = "redeemer_return" if sign > 0 else "issuer_credit"
            found.setdefault(name, {})[side] = {"net": str(-net), "vat": str(-vat), "gross": str(-net - vat)}
        for own in found.values():
            back, credit = (
                Decimal(own.get(side, {"gross": 0})["gross"]) for side in ("redeemer_return", "issuer_credit")
            )
            own["net_payable"] = str(back - credit)
        return found

    def expire(self, before: str) -> dict[str, Any]:
        """Let go what was last usable before a day."""
        lots, legs = defaultdict(int), defaultdict(int)
        for lot in [lot for lot in self.lots if lot["left"] and lot["expires"] < before]:
            own = legs_of(lot, lot["points"] - lot["left"], lot["points"])
            lots[lot["root"]] += lot["left"]
            lot["left"] = 0
            for name, points in own.items():
                legs[name] += points
                self.charge(lot["expires"], name, "breakage", points)
        money = {
            "retained": {name: str(half_up(points * self.price(name, "funding"))) for name, points in legs.items()},
            "credited": {name: str(half_up(points * self.price(name, "breakage"))) for name, points in legs.items()},
            "never_due": {name: str(half_up(points * self.price(name, "redemption"))) for name, points in legs.items()},
        }
        return {"lots": dict(lots), "legs": dict(legs), **money}

    def funders(self, draws: Iterable[Draw]) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for lot, points, before in draws:
            for name, part in legs_of(lot, before, before + points).items():
                found[name] += part
        return dict(found)

    def taxed(self, name: str, key: str) -> Decimal:
        german = self.agreements[name].get("vat_profile") == "DE_THIRD_PARTY"
        return Decimal(0) if german and key in _SALES else self.rate

    def sides(self, flows: Iterable[Any]) -> dict[tuple[str, int], tuple[Decimal, Decimal]]:
        """Net and VAT that a party pays (-1) and receives (1): lines rounded, then VAT by document and rate."""
        lines: dict[Any, int] = defaultdict(int)
        supplied: dict[str, Decimal] = defaultdict(Decimal)
        for _, name, key, quantity, price in flows:
            if key == "supplied":
                supplied[name] += price
            else:
                lines[name, key, price] += quantity
        nets: dict[Any, Decimal] = defaultdict(Decimal)
        for (name, key, price), quantity in lines.items():
            document = {"redeemed": "redeemer", "breakage": "credit"}.get(key, "issuer")
            nets[name, document, self.taxed(name, key)] += half_up(quantity * price)
        for name, net in supplied.items():
            nets[name, "supplier", self.rate] += net
        found: dict[tuple[str, int], tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for (name, document, rate), net in nets.items():
            side = (name, -1 if document == "issuer" else 1)
            found[side] = (found[side][0] + net, found[side][1] + half_up(net * rate))
        return found

    def statement(self, first: str, last: str) -> dict[str, Any]:
        """Every party's figures of a period, and the operator's, which mirror them."""
        flows = [flow for flow in self.flows if first <= flow[0] <= last]
        sides, parties, vat_due = self.sides(flows), {}, Decimal(0)
        for name in self.agreements:
            (net, vat), (due, due_vat) = (
                sides.get((name, -1), (Decimal(0),) * 2),
                sides.get((name, 1), (Decimal(0),) * 2),
            )
            vat_due += vat - due_vat
            by_code = {
                key: sum((half_up(self.total(flows, name, key)),), Decimal(0))
                for key in ("funding", "service", "redemption")
            }
            parties[name] = {
                "issued": sum(points for day, who, points in self.issued if who == name and first <= day <= last),
                **{key: str(amount) for key, amount in by_code.items()},
                "net": str(net),
                "vat": str(vat),
                "gross": str(net + vat),
                "receivable_net": str(due),
                "receivable_vat": str(due_vat),
                "receivable_gross": str(due + due_vat),
                "position": str(due + due_vat - net - vat),
            }
        position = -sum(Decimal(party["position"]) for party in parties.values())
        own = {"position": str(position), "vat_payable": str(vat_due), "own": str(position - vat_due)}
        return {"rule": self.rule, "period": [first, last], "parties": parties | {"operator": own}, "sum": "0.00"}

    def total(self, flows: list[Any], name: str, key: str) -> Decimal:
        return sum((flow[3] * flow[4] for flow in flows if flow[1] == name and flow[2] == key), Decimal(0))


def solved(inputs: dict[str, Any], rule: str = "FEFO") -> dict[str, Any]:
    """The scenario with all that it must come to; `rule` is that of its statements, returns and expiries."""
    scenario = copy.deepcopy(inputs)
    scenario["expected"] = {each: _expected(inputs, each) for each in ("FEFO", "FIFO", "PRORATA")}
    book, redeemers = Book(inputs, rule), {one["id"]: one.get("redeemer", "") for one in inputs["redemptions"]}
    for day, kind, fact in _events(scenario):
        book.expire(day)
        if kind == 3:
            fact.update(rule=rule, **book.expire((dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()))
        elif kind == 2:
            told = book.give_back({**fact, "redeemer": redeemers[fact["reversal_of"]]})
            fact.update(rule=rule, **told)
        else:
            (book.issue, book.redeem)[kind](fact)
    scenario["statements"] = [book.statement(*inputs["period"])]
    scenario["deferred_revenue"] = _deferred(book, inputs)
    return scenario


def _expected(inputs: dict[str, Any], rule: str) -> dict[str, Any]:
    book, (first, last) = Book(inputs, rule), inputs["period"]
    found: dict[str, Any] = {}
    for day, kind, fact in _events(inputs):
        if kind > 1 or day > last:
            continue
        book.expire(day)
        (book.issue, book.redeem)[kind](fact)
        if kind == 1:
            draws = book.draws[fact["id"]]
            by_lot: dict[str, int] = defaultdict(int)
            for lot, points, _ in draws:
                by_lot[lot["root"]] += points
            found[fact["id"]] = {"draws": dict(by_lot), "funders": book.funders(draws)}
    book.expire(last)
    left: dict[str, int] = defaultdict(int)
    for lot in book.lots:
        left[lot["root"]] += lot["left"]
    flows = [flow for flow in book.flows if first <= flow[0] <= last]
    charge = {name: str(half_up(book.total(flows, name, "redemption"))) for name in inputs["agreements"]}
    return {**found, "remaining": dict(left), "redemption_charge": charge}


def _events(inputs: dict[str, Any]) -> list[tuple[str, int, Any]]:
    events = [(lot["issued"], 0, lot) for lot in inputs["lots"]]
    events += [(one["at"], 1, one) for one in inputs["redemptions"]]
    events += [(one["at"], 2, one) for one in inputs.get("adjustments", [])]
    events += [(one["at"], 3, one) for one in inputs.get("expiries", [])]
    return sorted(events, key=lambda event: event[:2])


def _deferred(book: Book, inputs: dict[str, Any]) -> list[dict[str, Any]]:
    as_of, share, found = inputs["period"][1], Decimal("0.8"), []
    for name in inputs["agreements"]:
        points = sum(points for day, who, points in book.issued if who == name and day <= as_of)
        redeemed = sum(points for day, who, points in book.redeemed if who == name and day <= as_of)
        pool = points * book.price(name, "funding")
        if pool and redeemed <= points * share:
            earned = half_up(pool * redeemed / (points * share))
            facts = {"points": points, "redeemed_cumulative": redeemed, "recognised_cumulative": str(earned)}
            found.append(
                {"party": name, "pool": str(half_up(pool)), "expected_redemption": "0.80", "as_of": as_of, **facts}
            )
    return found
