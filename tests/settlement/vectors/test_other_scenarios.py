"""Scenarios that nobody tuned the product to: their figures are worked out by the oracle, and read from a folder."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.settlement.vectors import oracle, scenarios
from tests.settlement.vectors.test_settlement_vectors import WORKED_EXAMPLE, assert_comes_out, same

BASE = {"base_currency": "EUR", "face_value": "0.01", "rounding": {"document_dp": 2, "mode": "ROUND_HALF_UP"}}
HYBRID = {"mode": "hybrid", "issue": "0.004321", "redeem": "0.005679", "service": "0.000777"}


def lot(name: str, points: int, issued: str, expires: str, **legs: int) -> dict[str, Any]:
    return {"id": name, "points": points, "issued": issued, "expires": expires, "legs": legs}


def redeemed(name: str, at: str, points: int, **more: str) -> dict[str, Any]:
    return {"id": name, "at": at, "points": points, **more}


def back(of: str, at: str, points: int) -> dict[str, Any]:
    return {"at": at, "reversal_of": of, "points": points}


MONTH = {
    **BASE,
    "vat_rate": "0.21",
    "period": ["2026-04-01", "2026-04-30"],
    "agreements": {
        "X": {**HYBRID, "breakage_share": "0.333333", "commission": "0.0725"},
        "Y": {"mode": "on_redeem", "redeem": "0.009999", "service": "0.000001", "redeemer_rate": "0.008765"},
        "Z": {"mode": "on_issue", "issue": "0.012345", "service": "0", "breakage_share": "1"},
        "S": {"mode": "supplier"},
        "T": {"mode": "supplier"},
    },
    "lots": [
        lot("P", 1237, "2026-04-01", "2026-06-30", X=3, Y=3, Z=1),
        lot("Q", 999, "2026-04-02", "2026-05-31", Z=1),
        lot("R", 501, "2026-04-02", "2026-07-31", Y=1),
        lot("U", 77, "2026-04-20", "2026-05-31", X=1, Z=2),
    ],
    "redemptions": [
        redeemed("R1", "2026-04-10", 1500, redeemer="X"),
        redeemed("R2", "2026-04-15", 313, supplier="S", supplier_net="3.17"),
        redeemed("R3", "2026-04-21", 101, redeemer="Y"),
        redeemed("R4", "2026-04-30", 55, supplier="T", supplier_net="0.55"),
    ],
    "adjustments": [back("R1", "2026-05-04", 777), back("R1", "2026-05-05", 112), back("R3", "2026-05-20", 101)],
    "expiries": [{"at": "2026-05-31"}, {"at": "2026-06-30"}],
}
GERMAN = {
    **BASE,
    "vat_rate": "0.19",
    "period": ["2026-02-10", "2026-05-20"],
    "agreements": {
        "A": {"mode": "on_issue", "issue": "0.01", "service": "0.00123", "vat_profile": "DE_THIRD_PARTY"},
        "B": {**HYBRID, "vat_profile": "DE_THIRD_PARTY", "redeemer_rate": "0.0099"},
    },
    "lots": [
        lot("L1", 333, "2026-02-10", "2029-02-28", A=1),
        lot("L2", 667, "2026-03-03", "2029-03-31", B=2, A=1),
        lot("L3", 5000, "2026-05-20", "2029-05-31", B=1),
    ],
    "redemptions": [redeemed("R1", "2026-03-04", 700, redeemer="B"), redeemed("R2", "2026-05-20", 150, redeemer="B")],
    "adjustments": [back("R1", "2026-06-01", 300)],
}
SUPPLIER = {
    **BASE,
    "vat_rate": "0",
    "period": ["2027-01-01", "2027-03-31"],
    "agreements": {"A": {"mode": "on_issue", "issue": "0.02", "service": "0"}, "S": {"mode": "supplier"}},
    "lots": [lot("L1", 100, "2027-01-31", "2028-02-29", A=1)],
    "redemptions": [redeemed("R1", "2027-02-28", 100, supplier="S", supplier_net="1.00")],
}


def at_random(seed: int) -> dict[str, Any]:
    """Any scenario: lots with up to three funders, redemptions, returns and expiries on any day of two quarters."""
    dice = random.Random(seed)

    def price() -> str:
        return f"{dice.randint(1, 20_000) / 1_000_000:.6f}"

    def day(first: int, last: int) -> str:
        return (dt.date(2026, 1, 1) + dt.timedelta(days=dice.randint(first, last))).isoformat()

    names = ["A", "B", "C", "D"]
    agreements: dict[str, Any] = {"S": {"mode": "supplier"}}
    for name in names:
        mode = dice.choice(["on_issue", "on_redeem", "hybrid"])
        agreements[name] = {
            "mode": mode,
            "issue": "0" if mode == "on_redeem" else price(),
            "redeem": "0" if mode == "on_issue" else price(),
            "service": price(),
            "redeemer_rate": price(),
            "breakage_share": f"{dice.randint(0, 1_000_000) / 1_000_000:.6f}",
        }
    lots = [
        lot(f"L{number}", dice.randint(1, 2000), day(0, 30), day(95, 300), **{
            name: dice.randint(1, 9) for name in dice.sample(names, dice.randint(1, 3))})
        for number in range(1, 9)
    ]  # fmt: skip
    left = sum(one["points"] for one in lots)
    redemptions: list[dict[str, Any]] = []
    for number in range(1, 5):
        points = dice.randint(1, left // 3)
        left -= points
        where = {"redeemer": dice.choice(names)} if number % 2 else {"supplier": "S", "supplier_net": "1.23"}
        redemptions.append(redeemed(f"R{number}", day(40, 89), points, **where))
    orders = ["last_drawn_first", "pro_rata"]
    returns = [
        {
            **back(f"R{number}", day(92, 94), dice.randint(1, redemptions[number - 1]["points"])),
            "order": dice.choice(orders),
        }
        for number in (1, 3)
    ]
    ends = sorted({one["expires"] for one in lots})[:3]
    return {
        **BASE,
        "vat_rate": dice.choice(["0.20", "0.175", "0"]),
        "period": ["2026-01-01", "2026-03-31"],
        "agreements": agreements,
        "lots": lots,
        "redemptions": redemptions,
        "adjustments": returns,
        "expiries": [{"at": end} for end in ends],
    }


IN_PROPORTION = copy.deepcopy(MONTH)
IN_PROPORTION["agreements"]["X"]["reversal_order"] = "pro_rata"
IN_PROPORTION["adjustments"] = [
    back("R1", "2026-05-04", 777),
    {**back("R1", "2026-05-05", 112), "order": "last_drawn_first"},
    {**back("R1", "2026-05-06", 13), "order": "pro_rata"},
    {**back("R2", "2026-05-07", 100), "order": "pro_rata"},
    {**back("R1", "2026-05-08", 598), "order": "pro_rata"},
    {**back("R3", "2026-05-20", 50), "order": "pro_rata"},
    {**back("R3", "2026-05-21", 51), "order": "pro_rata"},
]
OTHERS = {
    "month": (MONTH, "FEFO"),
    "returns-in-proportion": (IN_PROPORTION, "FEFO"),
    "month-in-proportion": (MONTH, "PRORATA"),
    "german": (GERMAN, "FIFO"),
    "supplier": (SUPPLIER, "FEFO"),
    **{f"random-{seed}": (at_random(seed), "FEFO") for seed in range(int(os.environ.get("VECTOR_SEEDS", "1")))},
}


@pytest.mark.parametrize("name", OTHERS)
def test_vector_of_any_other_scenario_comes_out_to_the_cent(live: Flask, tmp_path: Path, name: str) -> None:
    inputs, rule = OTHERS[name]
    (tmp_path / "settlement.json").write_text(json.dumps(oracle.solved(inputs, rule)))

    loaded = scenarios.load(tmp_path)["settlement"]

    for each in {rule, "PRORATA"}:
        assert_comes_out(loaded, each)


def test_vector_of_months_one_after_another_comes_out_to_the_cent(live: Flask) -> None:
    months = json.loads(Path(__file__).with_name("months.json").read_text())

    play = assert_comes_out(months, "FEFO")

    assert len(play.closed) == 3


def test_vector_oracle_agrees_with_the_worked_example() -> None:
    inputs = copy.deepcopy(WORKED_EXAMPLE)
    for part, given in (("adjustments", ("at", "reversal_of", "points")), ("expiries", ("at",))):
        inputs[part] = [{key: one[key] for key in given} for one in inputs[part]]

    solved = oracle.solved(inputs)

    assert same(solved["expected"]) == same(WORKED_EXAMPLE["expected"])
    assert [same(one) for one in solved["adjustments"]] == [same(one) for one in WORKED_EXAMPLE["adjustments"]]
    assert [same(one) for one in solved["expiries"]] == [same(one) for one in WORKED_EXAMPLE["expiries"]]
    [statement], [told] = solved["statements"], WORKED_EXAMPLE["statements"]
    for name, party in told["parties"].items():
        figures = {key: value for key, value in party.items() if key != "position_usd"}
        assert same({key: statement["parties"][name][key] for key in figures}) == same(figures)
