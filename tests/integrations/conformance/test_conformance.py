"""The conformance kit against our own server, which conforms, and against servers that break one law each."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from click.testing import CliRunner
from flask import Flask
from standardwebhooks import Webhook

from coalition import access, partners, programs, promotions, sandbox
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from integrations.conformance import changes, webhooks
from integrations.conformance.cli import SECRET, conformance
from integrations.conformance.listening import Listener, Message, listening
from integrations.conformance.partner import Partner, Shop, Unreachable
from integrations.conformance.report import Finding, Report
from integrations.conformance.running import GROUPS, run
from integrations.conformance.till import Till
from tests.integrations.conformance import broken
from tests.served import Served, a_served_shop
from tests.serving import serving

pytestmark = pytest.mark.processes


def _run(
    served: Served, base_url: str, groups: Iterable[str] = tuple(GROUPS), listener: Listener | None = None
) -> Report:
    return run(_partner(served, base_url, listener), groups)


def _partner(served: Served, base_url: str, listener: Listener | None = None) -> Partner:
    shop = Shop(served.outlet, served.card, "EUR")
    return Partner(base_url, served.client_id, served.client_secret, shop, listener)


@contextmanager
def _working(app: Flask) -> Iterator[None]:
    """A worker beside the server: it hands over what has happened and does what is due."""
    over = Event()

    def work() -> None:
        with app.app_context():
            while not over.wait(0.05):
                jobs.run_due(500)
                db.session.remove()

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_our_own_server_conforms(served: Served) -> None:
    with _working(served.app), listening("127.0.0.1", 0) as listener:
        report = _run(served, served.base_url, listener=listener)

    assert report.broken == []
    assert {finding.group for finding in report.findings if finding.kept} == set(GROUPS)


def test_points_for_some_places_only_and_a_debt_are_counted(base_config: Config) -> None:
    with a_served_shop(base_config, "promising") as served:
        till = Till(_partner(served, served.base_url))
        with served.app.app_context():
            transact(lambda: _promise_wine(served.partner_id))
            db.session.remove()
        bought = till.buy()
        hold = {"external_id": "all", "member": till.member, "ttl_s": 60, "purpose": "till"}
        hold |= {"points": {"amount": till.purse().available, "currency": till.purse().currency}}
        held = till.partner.post("/holds", hold)
        till.partner.post(f"/holds/{held.body['id']}/capture", {"external_id": "all of it"})
        till.give_back(bought.body["id"], till.slip(1))
        poor = till.purse()

        report = _run(served, served.base_url, ["earning", "duplicates", "offline", "returning"])

    assert (poor.available, poor.restricted > 0, poor.arrears > 0) == (0, True, True)
    assert report.broken == []


def _promise_wine(partner_id: int) -> None:
    """Every purchase earns points for wine, too, and what comes back may leave a debt."""
    currency = programs.main_currency(partners.get(partner_id).program_id)
    programs.change(currency.program_id, return_policy="arrears")
    programs.change_currency(currency.id, debt_floor=1_000_000)
    names = {"name_en": "wine", "name_ru": "вино"}
    wine = programs.open_promo_account(currency.id, "wine", **names)
    rule = {"points": 1, "each_minor": 100, "code": "wine", "promo_account_id": wine.id, **names}
    promotions.create_base_rule(currency.program_id, partner_id, currency.id, **rule)


def test_in_test_mode_nothing_stays_untried(served: Served) -> None:
    with served.app.app_context():
        made = transact(lambda: sandbox.switch_on(served.partner_id))
        db.session.remove()
    assert made is not None

    with _working(served.app):
        report = run(Partner(served.base_url, made[1], made[2], Shop(sandbox.OUTLET, sandbox.CARDS[0].number, "EUR")))

    assert report.broken == []
    assert [one.group for one in report.findings if one.kept is None] == ["webhooks"]  # nobody listens


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


@pytest.mark.parametrize(
    ("variant", "laws"),
    [
        (broken.stuttering, {"each of them once"}),
        (broken.backwards, {"in the order in which they were made", "the numbers of changes have no gap"}),
    ],
)
def test_a_feed_that_repeats_or_turns_round_what_happened_is_found_out(
    served: Served, variant: Callable[[broken.Wsgi], broken.Wsgi], laws: set[str]
) -> None:
    with _working(served.app), serving(variant(served.app)) as base_url:
        report = _run(served, base_url, ["changes"])

    assert laws <= {finding.law for finding in report.broken}


def test_a_feed_that_tells_nothing_is_found_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_WAIT_S", 0)

    report = _run(served, served.base_url, ["changes"])  # no worker hands anything on

    assert [finding.law for finding in report.broken] == ["purchases are told behind a cursor"]


def test_a_client_without_the_scope_is_told_which_it_lacks(served: Served) -> None:
    with served.app.app_context():
        program = transact(lambda: partners.get(served.partner_id)).program_id
        scopes = ["members:read", "purchases:read", "purchases:write"]
        client = transact(lambda: access.create_client(program, served.partner_id, "Poor", scopes))
        db.session.remove()

    report = run(Partner(served.base_url, *client, Shop(served.outlet, served.card, "EUR")), ["changes"])

    [finding] = report.findings
    assert finding.kept is None and "webhooks:write" in finding.detail


def test_a_signature_that_is_another_s_is_found_out() -> None:
    secret, other = (f"whsec_{base64.b64encode(letter * 24).decode()}" for letter in (b"a", b"b"))
    now = dt.datetime.now(dt.UTC)
    signed = Webhook(secret).sign("msg_1", now, "{}")
    message = Message(
        {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}, b"{}"
    )

    assert webhooks.verifies(message, secret)
    assert not webhooks.verifies(message, other)
    assert not webhooks.verifies(Message({}, b"{}"), secret)


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
    with _working(served.app):
        as_json = CliRunner().invoke(conformance, [*given, "--live", "--json"])
    wrong = CliRunner().invoke(conformance, [*where, "--live"], env={SECRET: "wrong"})
    astray = CliRunner().invoke(conformance, [*given, "--live", "--outlet", "NOWHERE"])

    assert (shy.exit_code, "--live" in shy.output) == (2, True)
    assert as_json.exit_code == 0, as_json.output
    facts = json.loads(as_json.stdout)
    said = [line for line in as_json.stderr.splitlines() if '"event": "request"' not in line]  # not the server's log
    assert (facts["conforms"], facts["broken"], said) == (True, 0, [])
    assert (wrong.exit_code, "401" in wrong.output) == (2, True)
    assert (astray.exit_code, "cannot begin" in astray.output, "/outlet" in astray.output) == (2, True, True)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536"])
def test_an_address_at_which_nobody_can_listen_is_no_traceback(address: str) -> None:
    words = ["--base-url", "http://127.0.0.1:1", "--client-id", "client_test_1", "--listen", address]

    done = CliRunner().invoke(conformance, words, env={SECRET: "secret"})

    assert (done.exit_code, "--listen is HOST:PORT" in done.output) == (2, True)


def test_whoever_waits_is_told_what_is_being_tried(served: Served) -> None:
    shop, told = Shop(served.outlet, served.card, "EUR"), list[str]()

    run(Partner(served.base_url, served.client_id, served.client_secret, shop), ["earning"], begins=told.append)

    assert told == ["earning"]


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
