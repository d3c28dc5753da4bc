"""The worked example's figures, to the cent, from flows of points alone: no database."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.money import to_minor
from settlement.accruals import Flow, Supply
from settlement.statements import arithmetic
from settlement.statements.arithmetic import Document, Drawn

# Always the worked example itself: scenarios of VECTORS_DIR are played in tests/settlement/vectors.
VECTOR: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "settlement.json").read_text())
OPERATOR = 1
IDS = {name: number for number, name in enumerate(VECTOR["agreements"], OPERATOR + 1)}
RATE = Decimal(VECTOR["vat_rate"])


def price(name: str, key: str) -> Decimal:
    return Decimal(VECTOR["agreements"][name].get(key, "0"))


def a_flow(kind: str, funder: str, points: int, redeemer: str | None = None) -> Flow:
    funding = {
        "redeem": price(funder, "redeem"),
        "expire": price(funder, "issue") * price(funder, "breakage_share"),
    }.get(kind, price(funder, "issue"))
    service = price(funder, "service") if kind in ("issue", "clawback") else None
    at = IDS[redeemer] if redeemer else None
    rate = price(redeemer, "redeemer_rate") if redeemer else None
    return Flow(kind, points, 1, 0, IDS[funder], IDS[funder], funding, service, at, at, rate)


def the_documents(flows: list[Flow], supplies: list[Supply]) -> list[Document]:
    due = [charge for flow in flows for charge in arithmetic.charges(flow)]
    due += [charge for supply in supplies for charge in arithmetic.supply_charges(supply)]
    return arithmetic.documents(due, lambda *_: RATE, OPERATOR)


def the_quarter(rule: str) -> list[Drawn]:
    flows = []
    for lot in VECTOR["lots"]:
        whole = sum(lot["legs"].values())
        flows += [a_flow("issue", name, lot["points"] * weight // whole) for name, weight in lot["legs"].items()]
    supplies = []
    for redemption in VECTOR["redemptions"]:
        funders = VECTOR["expected"][rule][redemption["id"]]["funders"]
        flows += [a_flow("redeem", name, points, redemption.get("redeemer")) for name, points in funders.items()]
        if "supplier" in redemption:
            entity = IDS[redemption["supplier"]]
            net = to_minor(Decimal(redemption["supplier_net"]))
            supplies.append(Supply(entity, entity, 1, net - 80, 80))
    return arithmetic.statements(the_documents(flows, supplies), IDS.values(), OPERATOR)


def net_of(drawn: Drawn, code: str) -> Decimal:
    lines = [line for document in drawn.documents for line in document.lines if line.code == code]
    return Decimal(sum(line.net_minor for line in lines)).scaleb(-2)


@pytest.mark.parametrize("statement", VECTOR["statements"], ids=lambda one: one["rule"])
def test_vector_statement_of_the_quarter_is_right_to_the_cent(statement: dict[str, Any]) -> None:
    drawn = {one.entity_id: one for one in the_quarter(statement["rule"])}

    for name, expected in statement["parties"].items():
        own = drawn[IDS.get(name, OPERATOR)]
        assert Decimal(own.position_minor).scaleb(-2) == Decimal(expected["position"])
        codes = {"funding": "issue_funding", "service": "service_fee", "redemption": "redemption_funding"}
        for key, code in codes.items():
            assert net_of(own, code) == Decimal(expected.get(key, "0.00")) or name == "operator"
        for sign, prefix in ((-1, ""), (1, "receivable_")):
            side = [document for document in own.documents if document.sign == sign]
            for part in ("net", "vat", "gross"):
                if prefix + part in expected:
                    total = sum(getattr(document, f"{part}_minor") for document in side)
                    assert Decimal(total).scaleb(-2) == Decimal(expected[prefix + part])
    operator = drawn[OPERATOR]
    vat = sum(document.sign * document.vat_minor for document in operator.documents)
    assert Decimal(vat).scaleb(-2) == Decimal(statement["parties"]["operator"]["vat_payable"])
    assert Decimal(operator.position_minor - vat).scaleb(-2) == Decimal(statement["parties"]["operator"]["own"])
    assert sum(one.position_minor for one in drawn.values()) == to_minor(Decimal(statement["sum"]))


@pytest.mark.parametrize("rule", VECTOR["expected"])
def test_vector_redemption_charges_follow_the_attribution_rule(rule: str) -> None:
    drawn = {one.entity_id: one for one in the_quarter(rule)}

    for name, charge in VECTOR["expected"][rule]["redemption_charge"].items():
        assert net_of(drawn[IDS[name]], "redemption_funding") == Decimal(charge)


def test_vector_adjustment_of_a_closed_quarter_is_charged_back_at_its_prices() -> None:
    [adjustment] = VECTOR["adjustments"]
    flows = [a_flow("redeem", name, -points, "C") for name, points in adjustment["legs"].items()]

    issued = the_documents(flows, [])

    kinds = {"redeemer_return": arithmetic.REDEEMER, "issuer_credit": arithmetic.ISSUER}
    for key, kind in kinds.items():
        [document] = [one for one in issued if one.kind == kind and one.entity_id == IDS["C"]]
        expected = adjustment["lines"]["C"][key]
        found = (document.net_minor, document.vat_minor, document.gross_minor)
        assert found == tuple(-to_minor(Decimal(expected[part])) for part in ("net", "vat", "gross"))
    position = sum(document.sign * document.gross_minor for document in issued if document.entity_id == IDS["C"])
    assert position == -to_minor(Decimal(adjustment["lines"]["C"]["net_payable"]))


def test_vector_expiry_credits_the_agreed_share_of_what_was_retained() -> None:
    [expiry] = VECTOR["expiries"]
    flows = [a_flow("expire", name, points) for name, points in expiry["legs"].items()]

    issued = {document.entity_id: document for document in the_documents(flows, [])}

    for name, credited in expiry["credited"].items():
        net = issued[IDS[name]].net_minor if IDS[name] in issued else 0
        assert net == to_minor(Decimal(credited))


amounts = st.integers(-(10**12), 10**12)
prices = st.decimals(0, 10, places=6)


@given(
    st.lists(
        st.tuples(st.sampled_from(["issue", "redeem", "expire", "clawback"]), amounts, prices, prices), max_size=30
    )
)
def test_positions_sum_to_zero_whatever_is_settled(script: list[tuple[str, int, Decimal, Decimal]]) -> None:
    names = list(IDS.values())
    flows = [
        Flow(kind, points, 1, 0, names[at % 4], names[at % 4], one, two, names[-1 - at % 4], names[-1 - at % 4], two)
        for at, (kind, points, one, two) in enumerate(script)
    ]

    drawn = arithmetic.statements(the_documents(flows, []), names, OPERATOR)

    assert sum(one.position_minor for one in drawn) == 0
    assert all(document.net_minor == sum(line.net_minor for line in document.lines) for document in drawn[-1].documents)


@given(st.lists(st.tuples(amounts, prices), min_size=1, max_size=20), st.randoms())
def test_the_order_of_the_charges_changes_nothing(script: list[tuple[int, Decimal]], random: Any) -> None:
    flows = [Flow("issue", points, 1, 2, 2, 2, one, one, None, None, None) for points, one in script]
    shuffled = random.sample(flows, len(flows))

    assert the_documents(flows, []) == the_documents(shuffled, [])
