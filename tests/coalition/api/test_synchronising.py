"""The sample CRM against the served API, killed at each of its requests: nothing lost, nothing doubled, one rule."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.kernel import jobs
from coalition.kernel.config import ROOT
from coalition.kernel.db import db, fetch_all, transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_body, a_shop
from tests.serving import serving

CRM = ROOT / "docs" / "samples" / "crm.py"
KILLED = -signal.SIGKILL
SOLD = 4


class Line:
    """What is between the CRM and us: it counts requests, and kills the CRM when one is done and not yet answered."""

    def __init__(self, app: Flask) -> None:
        self.app, self.asked, self.fatal = app, list[str](), 0
        self.victim: subprocess.Popen[str] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = list(self.app(environ, start_response))
        if environ["PATH_INFO"].startswith("/api/"):
            self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            if len(self.asked) == self.fatal and self.victim is not None:
                self.victim.kill()
        return answer


class Crm:
    """The sample as its owner runs it: a process for each command."""

    def __init__(self, line: Line, environment: dict[str, str]) -> None:
        self.line, self.environment = line, {**os.environ, **environment}

    def do(self, *words: str, fatal: int = 0) -> tuple[int, str]:
        """One command to its end, or killed at its request of that number: the exit status and what it printed."""
        self.line.asked.clear()
        self.line.fatal = fatal
        command = [sys.executable, str(CRM), *words]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True) as process:
            self.line.victim = process
            told, _ = process.communicate(timeout=60)
        return process.returncode, told

    def contacts(self) -> dict[str, dict[str, Any]]:
        """What it knows, by number."""
        rows = json.loads(self.do("show")[1])
        return {row["number"]: row | {"theirs": json.loads(row["theirs"])} for row in rows}


@pytest.fixture
def till(live: Flask) -> Till:
    """Another system of the same partner, with a client of its own."""
    with live.app_context():
        made = transact(lambda: a_till(a_shop(), live.test_client()))
        db.session.remove()
    return made


@pytest.fixture
def crm(live: Flask, till: Till, tmp_path: Path) -> Iterator[Crm]:
    with live.app_context():
        owner = (till.shop.program.id, till.shop.partner.id)
        name, secret = transact(
            lambda: access.create_client(*owner, "CRM", ["members:read", "members:write", "webhooks:write"])
        )
        db.session.remove()
    line = Line(live)
    with serving(line) as url:
        known = {"CRM_URL": url, "CRM_ID": name, "CRM_SECRET": secret, "CRM_FILE": str(tmp_path / "crm.db")}
        yield Crm(line, known)


def _work(live: Flask) -> None:
    with live.app_context():
        jobs.run_due()
        db.session.remove()


def _killed_everywhere(crm: Crm, meanwhile: Callable[[int], None]) -> int:
    """Synchronise, killed at the first request, then at the second of the next run, until a run ends; how many died."""
    for fatal in range(1, 200):
        status, _ = crm.do("sync", fatal=fatal)
        if status == 0:
            return fatal - 1
        assert status == KILLED
        meanwhile(fatal)
    raise AssertionError("it never came to an end")


def _path(crm: Crm, number: str) -> str:
    return f"/members/{crm.contacts()[number]['member']}"


def test_two_systems_come_to_the_same_though_one_is_killed_at_each_of_its_requests(
    live: Flask, till: Till, crm: Crm
) -> None:
    for number in range(3):
        crm.do("set", f"C-{number}", f"first_name=Eva{number}", "phone=+37120000001")

    def sell(turn: int) -> None:
        """Meanwhile members of both systems buy, and the other system enrols and changes some."""
        if turn > SOLD:
            return
        own = till.post("/members", {"external_id": f"T-{turn}", "profile": {"first_name": f"Anna{turn}"}}).json["id"]
        for key in (f"T-{turn}", f"C-{turn % 3}"):
            member = {"kind": "external", "value": key}
            till.post("/purchases", a_body(2000, external_id=f"R-{turn}-{key}", member=member))
        till.patch(f"/members/{own}", {"profile": {"email": f"anna{turn}@example.com"}})
        crm.do("set", f"C-{turn % 3}", f"last_name=Liepa{turn}")
        _work(live)

    killed = _killed_everywhere(crm, sell)
    _work(live)
    assert crm.do("sync")[0] == 0

    found = crm.contacts()
    assert killed > SOLD
    assert {f"T-{turn}" for turn in range(1, SOLD + 1)} | {f"C-{number}" for number in range(3)} <= set(found)
    for number, contact in found.items():
        path = f"/members/{contact['member']}"
        told = till.get(path).json
        points = sum(one["available"] for one in till.get(f"{path}/balances").json["items"])
        assert contact["theirs"] == {name: told["profile"][name] for name in contact["theirs"]}
        assert (told["external_id"], contact["points"], contact["ours"]) == (number, points, "{}")
    with live.app_context():
        twice = fetch_all("SELECT external_id FROM member GROUP BY 1 HAVING count(*) > 1")
        db.session.remove()
    assert twice == []
    assert {contact["lost"] for contact in found.values()} == {None}


def test_of_what_both_have_changed_theirs_stays_and_of_the_rest_each_keeps_its_own(
    live: Flask, till: Till, crm: Crm
) -> None:
    crm.do("set", "C-1", "first_name=Eva", "last_name=Liepa", "phone=+37120000001")
    assert crm.do("sync")[0] == 0
    path = _path(crm, "C-1")

    till.patch(path, {"profile": {"first_name": "Ieva", "email": "ieva@example.com"}})
    crm.do("set", "C-1", "first_name=Evelina", "phone=+37120000002")
    _killed_everywhere(crm, lambda _: _work(live))

    profile = till.get(path).json["profile"]
    contact = crm.contacts()["C-1"]
    assert (profile["first_name"], profile["email"]) == ("Ieva", "ieva@example.com")
    assert (profile["phone"], profile["last_name"]) == ("+37120000002", "Liepa")
    assert contact["theirs"] == {name: profile[name] for name in contact["theirs"]}
    assert json.loads(contact["lost"]) == {"first_name": "Evelina"}


def test_what_it_has_changed_itself_comes_back_with_its_name_and_is_not_read_again(
    live: Flask, till: Till, crm: Crm
) -> None:
    _work(live)
    crm.do("set", "C-1", "first_name=Eva")
    crm.do("sync")
    crm.do("set", "C-1", "first_name=Ieva")
    crm.do("sync")
    _work(live)
    path = _path(crm, "C-1")

    crm.do("sync")
    own = [one for one in crm.line.asked if one != "GET /api/v1/changes"]
    till.patch(path, {"profile": {"first_name": "Ilva"}})
    _work(live)
    crm.do("sync")

    assert own == [f"GET /api/v1{path}"]  # what it enrolled is read once more, and what it changed is not
    assert crm.line.asked.count(f"GET /api/v1{path}") == 1
    assert crm.contacts()["C-1"]["theirs"]["first_name"] == "Ilva"
