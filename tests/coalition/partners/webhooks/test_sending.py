"""How deliveries end: taken, tried again, dead after three days; and endpoints: resting, switched off, back again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.kernel import audit, following
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.kernel.laws import offending
from coalition.partners import webhooks
from coalition.partners.webhooks.laws import laws
from coalition.partners.webhooks.news import news_of
from coalition.ports import WebhookAnswer
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

GOOD, BAD, GONE = WebhookAnswer(204, None, 7), WebhookAnswer(500, None, 7, "no"), WebhookAnswer(410, None, 7)
URL = "http://127.0.0.1:9/hooks"


@dataclass
class Line:
    """A shop's endpoint to which a number of purchases of one member are to be told."""

    shop: Shop
    endpoint_id: int

    def buys(self, times: int = 1) -> None:
        """The member buys; its partner is to be told."""
        known = [row.id for row in fetch_all("SELECT id FROM outbox ORDER BY id DESC LIMIT 1")] or [0]
        for _ in range(times):
            transact(lambda: self.shop.record(a_receipt(1000)))
        sql = "SELECT id, kind, key, payload FROM outbox WHERE id > :id AND kind = 'purchases.recorded' ORDER BY id"
        events = [following.Event(*row) for row in fetch_all(sql, {"id": known[0]})]
        transact(lambda: webhooks.store(news_of(events)))

    def answered(self, answer: WebhookAnswer) -> list[int]:
        """What is due is sent and so answered; the numbers of what was sent."""
        turn = transact(lambda: webhooks.pick(self.endpoint_id))
        transact(lambda: webhooks.record(turn, [answer] * len(turn.messages)))
        return [row.sequence for row in turn.deliveries]

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of each delivery, in order."""
        rows = fetch_all("SELECT state, reason FROM webhook_delivery ORDER BY id")
        return [(row.state, row.reason) for row in rows]

    def at(self) -> webhooks.Endpoint:
        """The endpoint as it stands."""
        return transact(lambda: webhooks.endpoint(self.endpoint_id, self.shop.partner.id))

    def later(self, **how: int) -> None:
        """Let time pass: everything that has an hour has it so much earlier."""
        by = {"by": dt.timedelta(**how)}
        transact(
            lambda: execute(
                "UPDATE webhook_delivery SET due_at = due_at - :by, give_up_at = give_up_at - :by,"
                " created_at = created_at - :by, decided_at = decided_at - :by",
                by,
            )
        )
        transact(
            lambda: execute(
                "UPDATE webhook_endpoint SET failing_since = failing_since - :by, rest_until = rest_until - :by", by
            )
        )
        transact(lambda: execute("UPDATE webhook_attempt SET at = at - :by", by))


@pytest.fixture
def line(app: Flask) -> Any:
    shop = transact(a_shop)
    at, _ = transact(lambda: webhooks.create(shop.partner.id, URL, ["points.issued"]))
    yield Line(shop, at.id)
    assert [law.code for law in laws() if offending(law)] == []


def test_what_was_refused_is_tried_again_after_a_pause_and_holds_its_member_up(line: Line) -> None:
    line.buys(3)

    assert line.answered(BAD) == [1]
    assert line.answered(GOOD) == []
    line.later(minutes=2)
    assert [line.answered(GOOD) for _ in range(4)] == [[1], [2], [3], []]


def test_a_delivery_that_nobody_takes_for_three_days_dies_and_the_next_is_sent(line: Line) -> None:
    line.buys()
    line.answered(BAD)
    transact(lambda: execute("UPDATE webhook_delivery SET due_at = now(), give_up_at = now()"))
    line.buys()

    assert line.answered(BAD) == [1]
    assert line.states() == [("dead", "expired"), ("waiting", None)]
    assert line.answered(GOOD) == [2]


def test_an_endpoint_that_has_only_failed_for_three_days_is_switched_off_and_what_waits_is_dead(line: Line) -> None:
    line.buys(3)
    line.answered(BAD)
    line.later(days=3, seconds=1)

    line.answered(BAD)
    line.buys()

    assert (line.at().state, line.at().reason) == ("switched_off", "failing")
    assert line.states() == [("dead", "expired"), *[("dead", "endpoint_off")] * 3]


def test_an_endpoint_that_says_it_is_gone_is_switched_off_at_once(line: Line) -> None:
    line.buys(2)

    line.answered(GONE)

    assert (line.at().state, line.at().reason) == ("switched_off", "gone")
    assert line.states() == [("dead", "endpoint_off")] * 2
    (trace,) = [
        one for one in audit.trail(f"webhook:{line.endpoint_id}", None, 50) if one.action == "webhook.switch_off"
    ]
    assert trace.details == {"reason": "gone"}


def test_an_endpoint_that_is_off_is_not_switched_off_and_the_trail_says_nothing(line: Line) -> None:
    partner = line.shop.partner.id
    line.buys()
    turn = transact(lambda: webhooks.pick(line.endpoint_id))
    transact(lambda: webhooks.change(line.endpoint_id, partner, on=False))

    transact(lambda: webhooks.record(turn, [GONE]))

    assert (line.at().state, line.at().reason) == ("off", None)
    assert "webhook.switch_off" not in {one.action for one in audit.trail(f"webhook:{line.endpoint_id}", None, 50)}


def test_dead_letters_are_sent_again_once_the_endpoint_is_on(line: Line) -> None:
    line.buys(2)
    line.answered(GONE)
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    partner = line.shop.partner.id
    with pytest.raises(Conflict, match="endpoint_off"):
        transact(lambda: webhooks.resend_since(line.endpoint_id, partner, since))

    transact(lambda: webhooks.change(line.endpoint_id, partner, on=True))
    assert transact(lambda: webhooks.resend_since(line.endpoint_id, partner, since)) == (2, False)
    assert transact(lambda: webhooks.resend_since(line.endpoint_id, partner, since)) == (0, False)

    assert line.answered(GOOD) == [1, 2]
    assert transact(lambda: webhooks.resend_since(line.endpoint_id, partner, since)) == (0, False)
    ids = fetch_all("SELECT event_id, count(*) AS n FROM webhook_delivery GROUP BY 1")
    assert {row.n for row in ids} == {2}


def test_after_five_failures_an_endpoint_rests_and_then_one_delivery_is_tried(line: Line) -> None:
    line.buys()
    for _ in range(5):
        line.answered(BAD)
        line.later(hours=1)
    transact(lambda: execute("UPDATE webhook_endpoint SET rest_until = now() + interval '10 s'"))
    assert line.answered(GOOD) == []

    line.later(seconds=11)

    assert line.answered(GOOD) == [1]
    assert (line.at().failures, line.at().failing_since) == (0, None)


def test_what_waited_out_long_pauses_is_due_when_the_endpoint_is_back(line: Line) -> None:
    line.buys()
    transact(lambda: execute("UPDATE webhook_endpoint SET failures = 6, failing_since = now() - interval '9 h'"))
    transact(lambda: execute("UPDATE webhook_delivery SET due_at = now() + interval '8 h', attempts = 8"))
    trial = transact(lambda: webhooks.try_out(line.endpoint_id, line.shop.partner.id))

    assert line.answered(GOOD) == [0]

    assert transact(lambda: webhooks.delivery(trial, line.shop.partner.id)).state == "delivered"
    assert line.answered(GOOD) == [1]


def test_one_delivery_is_sent_again_under_its_id_and_a_waiting_one_is_not(line: Line) -> None:
    line.buys(2)
    line.answered(GOOD)
    first, second = (row.id for row in fetch_all("SELECT id FROM webhook_delivery ORDER BY id"))
    partner = line.shop.partner.id

    with pytest.raises(Conflict, match="delivery_waiting"):
        transact(lambda: webhooks.resend(line.endpoint_id, partner, second))
    again = transact(lambda: webhooks.resend(line.endpoint_id, partner, first))
    with pytest.raises(Invalid):
        transact(lambda: webhooks.resend(line.endpoint_id, partner, 10**9))

    told = [transact(lambda number=number: webhooks.delivery(number, partner)) for number in (first, again)]
    assert (told[0].event_id, told[0].body, told[1].again) == (told[1].event_id, told[1].body, True)


def test_answers_and_contents_are_forgotten_in_time(line: Line) -> None:
    line.buys()
    line.answered(BAD)
    line.later(minutes=2)
    line.answered(GOOD)
    (number,) = (row.id for row in fetch_all("SELECT id FROM webhook_delivery"))
    partner = line.shop.partner.id
    assert transact(lambda: webhooks.delivery(number, partner)).log[1].answer == "no"

    transact(lambda: execute("UPDATE webhook_attempt SET at = at - interval '8 days'"))
    while transact(lambda: webhooks.forget(100)):
        pass
    assert [one.answer for one in transact(lambda: webhooks.delivery(number, partner)).log] == [None, None]

    transact(lambda: execute("UPDATE webhook_event SET created_at = created_at - interval '31 days'"))
    while transact(lambda: webhooks.forget(100)):
        pass
    assert transact(lambda: webhooks.delivery(number, partner)).body is None
    with pytest.raises(Conflict, match="event_blanked"):
        transact(lambda: webhooks.resend(line.endpoint_id, partner, number))

    transact(lambda: execute("UPDATE webhook_event SET created_at = created_at - interval '60 days'"))
    while transact(lambda: webhooks.forget(100)):
        pass
    assert fetch_all("SELECT FROM webhook_delivery") == []
    transact(lambda: execute("DELETE FROM webhook_line"))


def test_a_turn_whose_job_was_given_up_is_asked_for_again(line: Line) -> None:
    line.buys()
    transact(lambda: execute("UPDATE job SET state = 'dead' WHERE kind = :kind", {"kind": webhooks.JOB}))
    line.later(minutes=1)

    assert transact(webhooks.heal) == 1
    assert transact(webhooks.heal) == 0
    row = fetch_one("SELECT count(*) AS n FROM job WHERE kind = :kind AND state = 'due'", {"kind": webhooks.JOB})
    assert row is not None
    assert row.n == 1


def test_an_old_event_that_is_told_once_more_is_told_once(line: Line) -> None:
    line.buys()
    rows = fetch_all("SELECT id, kind, key, payload FROM outbox WHERE kind = 'purchases.recorded'")
    transact(lambda: webhooks.store(news_of([following.Event(*row) for row in rows])))

    assert line.answered(GOOD) == [1]
    assert line.answered(GOOD) == []


def test_a_suspended_partner_is_told_nothing_until_it_is_let_in_again_and_then_everything(line: Line) -> None:
    def asked() -> int:
        sql = "SELECT id FROM job WHERE kind = :kind AND state = 'due'"
        return len(fetch_all(sql, {"kind": webhooks.JOB}))

    line.buys()
    partner = line.shop.partner.id
    transact(lambda: access.suspend_partner(partner, "Does not pay"))
    line.buys()
    meanwhile = line.answered(GOOD)
    transact(lambda: execute("UPDATE job SET state = 'done', finished_at = now() WHERE kind = :k", {"k": webhooks.JOB}))
    transact(lambda: webhooks.proceed(line.endpoint_id))
    line.later(minutes=1)
    healed, waiting = transact(webhooks.heal), asked()

    transact(lambda: access.resume_partner(partner))
    transact(lambda: webhooks.resume(partner))

    assert (meanwhile, healed, waiting, asked()) == ([], 0, 0, 1)
    assert [line.answered(GOOD) for _ in range(3)] == [[1], [2], []]
    assert line.states() == [("delivered", None)] * 2


def test_what_waited_longer_than_three_days_for_a_suspended_partner_is_tried_once(line: Line) -> None:
    line.buys()
    transact(lambda: access.suspend_partner(line.shop.partner.id, "Does not pay"))
    line.later(days=3, seconds=1)
    transact(lambda: access.resume_partner(line.shop.partner.id))

    assert line.answered(BAD) == [1]
    assert line.states() == [("dead", "expired")]
