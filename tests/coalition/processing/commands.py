"""Every command that moves points, as a story: what is there before, how it is asked for, and which hooks it passes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import Flask

from coalition import ledger, partners, programs, promotions, wallets
from coalition.kernel import ids, jobs, outbox
from coalition.kernel.db import execute, fetch_all, transact
from tests.builders import a_partner
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, a_body, a_hold, a_receipt, a_shop, bought, public_hold
from tests.coalition.wallets.builders import SECRET, become_family, hurry

STAFF = ("before_begin", "after_lock", "before_commit", "after_commit_before_reply")
KEYED = ("after_idem_insert", *STAFF)
WORK = (*STAFF, "after_effect_before_ack")
ASKING = (*WORK, "before_rpc", "after_rpc_before_record")
HOOKS = (*KEYED, "after_effect_before_ack", "before_rpc", "after_rpc_before_record")
CHANGES_NOTHING = frozenset(HOOKS) - {"after_commit_before_reply", "after_effect_before_ack"}
RELATIVE, STRANGER = "4276000087654321", "77770001"
NOON = "2026-11-21T12:00:00Z"


@dataclass(slots=True)
class World:
    """A till whose member has 450 BON at least, and `made`: what a story needs to have been done before.

    A client that spoils its keys when it sends a command again adds these endings to them.
    """

    till: Till
    made: dict[str, Any] = field(default_factory=dict)
    external_id_ending: str = ""
    idempotency_key_ending: str = ""

    def post(self, path: str, key: str, body: dict[str, Any]) -> Any:
        """POST under the key both as the external id and as the Idempotency-Key."""
        named = {**body, "external_id": f"{key}.{path[1:4]}{self.external_id_ending}"}
        answer = self.till.post(path, named, Idempotency_Key=f"idem-{key}{self.idempotency_key_ending}")
        return answer.status_code, answer.json

    def wallet(self) -> int:
        """The member's wallet."""
        shop = self.till.shop
        return ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, shop.member.id)


Step = Callable[[World, str], Any]


@dataclass(frozen=True, slots=True)
class Command:
    """`do` is run again after a crash, with the same key; `before` has been done in peace. `job`: the kind it runs."""

    do: Step
    hooks: tuple[str, ...] = KEYED
    before: Callable[[World], object] = lambda world: None
    job: str = ""


def a_world(app: Flask) -> World:
    """A member with points that can be spent in every way there is."""
    shop = a_shop()
    shop.record(a_receipt(100_000))
    names = {"name_en": "Review", "name_ru": "Отзыв", "each_minor": 100, "event_type": "review"}
    promotions.create_base_rule(shop.program.id, shop.partner.id, shop.currency.id, code="review", points=50, **names)
    a_partner(shop.program, "greenfund", kind="charity")
    airline = partners.entities_of(a_partner(shop.program, "northmiles", kind="airline").id)[0]
    wallets.partner_with(
        *(shop.program.id, "northmiles", "NorthMiles"),
        legal_entity_id=airline.id,
        currency_id=shop.currency.id,
        rate=Decimal("0.5"),
        base_url="http://northmiles.example",
        secret=SECRET,
    )
    relative = a_member(shop.program, shop.partner, card=RELATIVE)
    become_family(shop.program, shop.member.id, relative.id)
    mil = programs.add_currency(shop.program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(1))
    programs.set_rate(shop.currency.id, mil.id, Decimal("0.5"), since=dt.date(2020, 1, 1))
    return World(a_till(shop, app.test_client()))


def _give(path: str, points: str = "points", **more: Any) -> Step:
    wish = {"member": {"kind": "card", "value": CARD}, points: {"amount": 60, "currency": "BON"}, **more}
    return lambda world, key: world.post(path, key, wish)


def _with_purchase(world: World) -> None:
    shop = world.till.shop
    body = a_body(1000, external_id="BEFORE")
    body["hold_id"] = transact(lambda: public_hold(a_hold(shop, 200)))
    world.made["purchase"] = ids.public("pur", transact(lambda: bought(shop, body)))


def _with_hold(world: World) -> None:
    wish = {"member": {"kind": "card", "value": CARD}, "points": {"amount": 50, "currency": "BON"}, "ttl_s": 600}
    world.made["hold"] = world.post("/holds", "BEFORE", wish)[1]["id"]


def _with_exchange(world: World) -> None:
    made = world.post("/exchanges", "BEFORE", EXCHANGE)
    assert made[0] == 201, made
    world.made["exchange"] = made[1]["id"]
    jobs.run_due()


def _with_requested_exchange(world: World) -> None:
    jobs.run_due()
    assert world.post("/exchanges", "BEFORE", EXCHANGE)[0] == 201


def _with_file(world: World) -> None:
    jobs.run_due()
    _send(world, *(a_body(1000, external_id=f"L-{at}") for at in range(40)))


def _send(world: World, *bodies: dict[str, Any]) -> None:
    lines = "".join(json.dumps(body) + "\n" for body in bodies)
    assert world.till.send("/registries", lines.encode(), Content_Type="application/x-ndjson").status_code == 202


def _with_old_points(world: World) -> None:
    jobs.run_due()
    transact(lambda: world.till.shop.record(a_receipt(5000, external_id="OLD", occurred_at="2024-02-10T10:00:00Z")))
    jobs.run_due()
    transact(lambda: jobs.enqueue("ledger.expire", {}))


def _with_lapsed_hold(world: World) -> None:
    jobs.run_due()
    _with_hold(world)
    lapse = "UPDATE hold SET expires_at = now() - interval '1 s' WHERE account_id = :wallet AND state = 'open'"
    transact(lambda: execute(lapse, {"wallet": world.wallet()}))
    transact(lambda: jobs.enqueue("ledger.expire_holds", {}))


def _with_stranger(world: World) -> None:
    jobs.run_due()
    _send(world, *(a_body(1000, external_id=f"S-{at}", member={"kind": "card", "value": STRANGER}) for at in range(3)))
    jobs.run_due()
    shop = world.till.shop
    transact(lambda: a_member(shop.program, shop.partner, card=STRANGER))
    outbox.relay()


def _work(world: World, key: str) -> Any:
    hurry()
    jobs.run_due()
    states = transact(lambda: fetch_all("SELECT DISTINCT state FROM job"))
    return [state for (state,) in states]


def _adjust(world: World, key: str) -> Any:
    shop = world.till.shop
    wanted = wallets.Adjustment(
        *(shop.program.id, shop.member.id, shop.currency.id, -70, key, "error", "Counted twice.")
    )
    return _told(transact(lambda: wallets.adjust(wanted)))


def _with_correction(world: World) -> None:
    shop = world.till.shop
    gift = wallets.Adjustment(
        *(shop.program.id, shop.member.id, shop.currency.id, 70, "BEFORE", "goodwill", "A late parcel.")
    )
    done = transact(lambda: wallets.adjust(gift))
    assert isinstance(done, wallets.Done)
    world.made["entry"] = done.deed.entry_id


def _reverse(world: World, key: str) -> Any:
    shop = world.till.shop
    wanted = wallets.Reversal(
        *(shop.program.id, shop.member.id, world.wallet(), world.made["entry"], key, "error", "Wrong member.")
    )
    return _told(transact(lambda: wallets.reverse(wanted)))


def _told(done: wallets.Done | wallets.Waiting) -> Any:
    assert isinstance(done, wallets.Done)
    return done.deed.kind, done.deed.amount


EXCHANGE = {
    "member": {"kind": "card", "value": CARD},
    "points": {"amount": 60, "currency": "BON"},
    "program": "northmiles",
    "account": "NM1234567",
}
REDEEM = [{"kind": "redeem", "amount": 90}]
REVIEW = {
    "type": "review",
    "occurred_at": "2026-11-20T09:30:00Z",
    "member": {"kind": "card", "value": CARD},
    "attributes": {},
}
COMMANDS: dict[str, Command] = {
    "purchase": Command(lambda of, key: of.post("/purchases", key, a_body(1000))),
    "purchase paid with points": Command(lambda of, key: of.post("/purchases", key, a_body(1000, payments=REDEEM))),
    "return": Command(
        lambda of, key: of.post(
            f"/purchases/{of.made['purchase']}/returns",
            key,
            {"occurred_at": NOON, "lines": [{"no": 1, "qty_m": 400}]},
        ),
        before=_with_purchase,
    ),
    "void": Command(lambda of, key: of.post(f"/purchases/{of.made['purchase']}/void", key, {}), before=_with_purchase),
    "event": Command(lambda of, key: of.post("/events", key, REVIEW)),
    "hold": Command(_give("/holds", ttl_s=600)),
    "capture": Command(
        lambda of, key: of.post(f"/holds/{of.made['hold']}/capture", key, {"amount": 10}), before=_with_hold
    ),
    "release": Command(lambda of, key: of.post(f"/holds/{of.made['hold']}/release", key, {}), before=_with_hold),
    "transfer": Command(_give("/transfers", to_member={"kind": "card", "value": RELATIVE})),
    "conversion": Command(_give("/conversions", "from", to_currency="MIL")),
    "donation": Command(_give("/donations", charity="greenfund")),
    "exchange": Command(lambda of, key: of.post("/exchanges", key, EXCHANGE)),
    "exchange taken back": Command(
        lambda of, key: of.post(f"/exchanges/{of.made['exchange']}/reverse", key, {}),
        tuple(hook for hook in KEYED if hook != "after_lock"),
        before=_with_exchange,
    ),
    "adjustment": Command(_adjust, STAFF),
    "reversal": Command(_reverse, STAFF, _with_correction),
    "asking a foreign program": Command(_work, ASKING, _with_requested_exchange, wallets.EXCHANGE_JOB),
    "registry": Command(_work, WORK, _with_file, "purchases.registry"),
    "expiry": Command(_work, WORK, _with_old_points, "ledger.expire"),
    "expiry of holds": Command(_work, WORK, _with_lapsed_hold, "ledger.expire_holds"),
    "suspense": Command(_work, WORK, _with_stranger, "outbox.consume"),
}
