"""The sample till against the running product: killed servers, a killed till, and every sale exactly once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coalition.kernel.config import ROOT
from tests.journeys.running import Partner, Running, eventually

pytestmark = pytest.mark.processes
DEMO_OPTIONS = ("--shopping", "none")
TILL = ROOT / "docs" / "samples" / "till.py"
OFFLINE = 75


class Till:
    """The sample as a shop would run it: a process for each command."""

    def __init__(self, running: Running, home: Path, *, url: str = "") -> None:
        facts = running.facts["partners"][0]
        self.card = str(running.facts["member"]["card"])
        known = {"TILL_ID": facts["client_id"], "TILL_SECRET": facts["client_secret"], "TILL_OUTLET": facts["outlet"]}
        self.environment = {**os.environ, **known, "TILL_URL": url or running.base_url, "TILL_HOME": str(home)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """One command."""
        command = [sys.executable, str(TILL), *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def do(self, *arguments: str) -> tuple[int, str]:
        """One command to its end: its exit status and what it printed."""
        process = self.start(*arguments)
        told, _ = process.communicate(timeout=60)
        return process.returncode, told

    def sell(self, *items: str) -> str:
        """Sell; the number of the receipt."""
        number = self.do("sell", "--card", self.card, *items)[1].strip()
        assert number, "the till has not taken the sale"
        return number


def test_every_sale_arrives_exactly_once_whoever_dies(running: Running, tmp_path: Path) -> None:
    till, partner = Till(running, tmp_path / "till"), running.partner()
    before = _available(till)
    receipts = [till.sell("MILK:1:1000") for _ in range(3)]

    running.kill("web")  # while it is away, the till goes on selling
    receipts += [till.sell("MILK:1:1000") for _ in range(5)]
    receipts += [_killed_while_sending(running, tmp_path / "till") for _ in range(2)]
    with (tmp_path / "till" / "queue.ndjson").open("a") as queue:
        queue.write('{"external_id": "torn')  # and once it died while writing
    receipts.append(till.sell("MILK:1:1000"))
    (tmp_path / "till" / "sent").write_text("0")  # a till whose disk forgot how far it was sends everything again

    eventually(lambda: till.do("deliver")[0] == 0)

    assert len(set(receipts)) == 11
    found = [_found(partner, number) for number in receipts]
    assert [len(one) for one in found] == [1] * 11
    assert len({one[0]["id"] for one in found}) == 11
    assert till.do("deliver") == (0, "0\n")
    assert not (tmp_path / "till" / "refused.ndjson").exists()
    earned = sum(award["units"] for one in found for award in one[0]["awards"] if award["currency"] == "BON")
    assert _available(till) == before + earned
    assert running.verify() == {}


def test_a_receipt_comes_back_line_by_line(running: Running, tmp_path: Path) -> None:
    till, partner = Till(running, tmp_path / "till"), running.partner()
    number = till.sell("MILK:1:1000", "BREAD:2:500")

    status, told = till.do("return", "--receipt", number, "2")

    assert status == 0, told
    assert _found(partner, number)[0]["state"] == "partly_returned"


def test_points_are_spent_online_only(running: Running, tmp_path: Path) -> None:
    till = Till(running, tmp_path / "till")
    till.sell("GOLD:1:1000000")

    status, told = till.do("redeem", "--card", till.card, "--points", "100", "MILK:1:1000")
    away, _ = Till(running, tmp_path / "till", url="http://127.0.0.1:9").do(
        "redeem", "--card", till.card, "--points", "100", "MILK:1:1000"
    )

    answer = json.loads(told.splitlines()[1])
    assert status == 0
    assert answer.get("redeemed") or answer["code"] == "proof_required", answer
    assert away == OFFLINE


def _killed_while_sending(running: Running, home: Path) -> str:
    """Sell to a line that is up and dead: the till is killed after it has queued and before it is answered."""
    with socket.create_server(("127.0.0.1", 0)) as silence:
        till = Till(running, home, url=f"http://127.0.0.1:{silence.getsockname()[1]}")
        process = till.start("sell", "--card", till.card, "MILK:1:1000")
        assert process.stdout is not None
        number = process.stdout.readline().strip()
        silence.settimeout(30)
        connection, _ = silence.accept()
        process.kill()
        process.wait()
        connection.close()
    return number


def _found(partner: Partner, number: str) -> list[dict[str, Any]]:
    answer = eventually(lambda: partner.get("/purchases", external_id=number))
    return list(answer.json()["items"])


def _available(till: Till) -> int:
    def ask() -> str | None:
        status, told = till.do("balance", "--card", till.card)
        return told if status == 0 else None

    told = eventually(ask)
    return sum(int(one["available"]) for one in json.loads(told) if one["currency"] == "BON")
