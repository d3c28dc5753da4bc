"""The conformance kit against our own server, which conforms, and against servers that break one law each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from coalition import sandbox
from coalition.kernel.db import db, transact
from integrations.conformance.cli import SECRET, conformance
from integrations.conformance.partner import Partner, Shop, Unreachable
from integrations.conformance.report import Finding, Report
from integrations.conformance.running import GROUPS, run
from tests.integrations.conformance import broken
from tests.served import Served
from tests.serving import serving

pytestmark = pytest.mark.processes


def _run(served: Served, base_url: str, groups: Iterable[str] = tuple(GROUPS)) -> Report:
    shop = Shop(served.outlet, served.card, "EUR")
    return run(Partner(base_url, served.client_id, served.client_secret, shop), groups)


def test_our_own_server_conforms(served: Served) -> None:
    report = _run(served, served.base_url)

    assert report.broken == []
    assert {finding.group for finding in report.findings if finding.kept} == set(GROUPS)


def test_in_test_mode_nothing_stays_untried(served: Served) -> None:
    with served.app.app_context():
        made = transact(lambda: sandbox.switch_on(served.partner_id))
        db.session.remove()
    assert made is not None

    report = run(Partner(served.base_url, made[1], made[2], Shop(sandbox.OUTLET, sandbox.CARDS[0].number, "EUR")))

    assert report.facts() | {"findings": []} == {
        "conforms": True,
        "kept": len(report.findings),
        "broken": 0,
        "untried": 0,
        "findings": [],
    }


@pytest.mark.parametrize(
    ("variant", "group", "laws"),
    [
        (broken.forgetful, "duplicates", {"and earns nothing more", "eight tills at once record one purchase"}),
        (broken.silent, "duplicates", {"and is marked Idempotency-Replayed: true"}),
        (broken.silent, "refusals", {"the request's id comes back"}),
        (broken.plain, "refusals", {"every refusal is a problem with a code"}),
        (broken.generous, "returning", {"and takes with it what it earned, no more"}),
        (broken.down, "spending", {"points are set aside"}),
    ],
)
def test_a_server_that_breaks_a_law_is_found_out(
    served: Served, variant: Callable[[broken.Wsgi], broken.Wsgi], group: str, laws: set[str]
) -> None:
    with serving(variant(served.app)) as base_url:
        report = _run(served, base_url, [group])

    assert laws <= {finding.law for finding in report.broken}


def test_answers_without_the_documented_form_break_a_law_and_stop_nothing(served: Served) -> None:
    with serving(broken.mute(served.app)) as base_url:
        report = _run(served, base_url, ["returning", "refusals"])

    assert ("returning", "the answers have the documented form") in {(one.group, one.law) for one in report.broken}
    assert any(finding.kept for finding in report.findings if finding.group == "refusals")


def test_the_command_prints_a_report_and_says_by_its_exit_how_it_ended(served: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{served.client_secret}\n")
    where = ["--base-url", served.base_url, "--client-id", served.client_id, "--outlet", served.outlet]
    given = [*where, "--card", served.card, "--secret-file", str(secret)]

    shy = CliRunner().invoke(conformance, given)
    as_json = CliRunner().invoke(conformance, [*given, "--live", "--json"])
    wrong = CliRunner().invoke(conformance, [*where, "--live"], env={SECRET: "wrong"})

    assert (shy.exit_code, "--live" in shy.output) == (2, True)
    assert as_json.exit_code == 0, as_json.output
    facts = json.loads(as_json.stdout)
    assert (facts["conforms"], facts["broken"]) == (True, 0)
    assert (wrong.exit_code, "401" in wrong.output) == (2, True)


def test_a_report_counts_what_is_kept_broken_and_untried() -> None:
    report = Report()
    report.group = "earning"

    report.expect("one is one", True)
    report.expect("one is two", False, "it is one")
    report.untried("one is three", "nobody counts so far")

    assert report.broken == [Finding("earning", "one is two", False, "it is one")]
    assert report.lines()[-1] == "1 kept, 1 broken, 1 untried"
    assert report.facts()["conforms"] is False


def test_nobody_at_the_address_is_said_so() -> None:
    with pytest.raises(Unreachable):
        Partner("http://127.0.0.1:1", "client", "secret", Shop("S1", "1", "EUR"))
