"""Two members who are one person: everything becomes the survivor's, nothing is lost, and the trail tells it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, ledger, members, partners, promotions
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.kernel.laws import laws, offending
from coalition.promotions import holdings
from tests.builders import a_program
from tests.coalition.api.till import a_till
from tests.coalition.members.builders import a_ladder, a_member, a_plan
from tests.coalition.purchases.builders import CARD, Shop, a_hold, a_receipt, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop with Anna, who has the card `CARD`."""
    return transact(a_shop)


@pytest.fixture
def twin(shop: Shop) -> members.Member:
    """Anna once more, with the card 77."""
    return transact(lambda: a_member(shop.program, shop.partner, card="77"))


def _buy(shop: Shop, amount: int, card: str) -> None:
    shop.record(a_receipt(amount, member={"kind": "card", "value": card}))


def _available(shop: Shop, member: members.Member) -> int:
    return sum(purse.available for purse in ledger.balances(shop.program.id, member.id))


def _merge(shop: Shop, twin: members.Member) -> members.Merge:
    return transact(lambda: members.merge(shop.program.id, twin.id, shop.member.id, reason="one person"))


def _broken() -> list[str]:
    return [law.code for law in laws() if offending(law)]


def test_the_survivor_has_all_points_and_all_cards_and_the_trail_says_so(shop: Shop, twin: members.Member) -> None:
    _buy(shop, 100_000, CARD)
    _buy(shop, 20_000, "77")
    before = sorted(lot.expires_at or 0 for lot in _lots(shop, twin))

    merge = _merge(shop, twin)

    assert (_available(shop, shop.member), _available(shop, twin)) == (600, 0)
    assert before[0] in [lot.expires_at for lot in _lots(shop, shop.member)]
    found = members.identify(shop.program.id, shop.partner.id, [("card", CARD), ("card", "77")])
    assert set(found.values()) == {shop.member.id}
    gone = members.get(shop.program.id, twin.id)
    assert (gone.state, gone.merged_into, members.survivor(twin.id)) == ("merged", shop.member.id, shop.member.id)
    assert merge.facts["wallets"] == [{"currency_id": shop.currency.id, "amount": 100, "arrears": 0}]
    assert (merge.facts["identifiers"], merge.reason) == (2, "one person")
    assert members.explain_merge(shop.program.id, shop.member.id) == [merge]
    assert members.explain_merge(shop.program.id, twin.id) == [merge]
    assert _broken() == []


def _lots(shop: Shop, member: members.Member) -> list[ledger.Lot]:
    return [lot for purse in ledger.balances(shop.program.id, member.id) for lot in ledger.lots(purse.account_id)]


def test_the_same_merge_again_is_the_first_and_any_other_is_refused(shop: Shop, twin: members.Member) -> None:
    third = transact(lambda: a_member(shop.program, shop.partner))
    merge = _merge(shop, twin)

    assert _merge(shop, twin) == merge
    for pair in ((twin.id, third.id), (third.id, twin.id)):
        with pytest.raises(Conflict, match="member_merged"):
            members.merge(shop.program.id, *pair, reason="again")
    with pytest.raises(Invalid):
        members.merge(shop.program.id, third.id, third.id, reason="itself")
    with pytest.raises(Invalid):
        members.merge(shop.program.id, third.id, shop.member.id, reason=" ")
    with pytest.raises(NotFound):
        members.merge(a_program().id, third.id, shop.member.id, reason="another program")


def test_whoever_was_merged_is_one_step_from_who_it_is_today(shop: Shop, twin: members.Member) -> None:
    third = transact(lambda: a_member(shop.program, shop.partner, card="88"))
    _buy(shop, 20_000, "77")
    _merge(shop, twin)
    transact(lambda: members.merge(shop.program.id, shop.member.id, third.id, reason="one more"))

    assert members.survivor(twin.id) == members.survivor(shop.member.id) == third.id
    assert _available(shop, third) == 100
    assert [merge.from_id for merge in members.explain_merge(shop.program.id, third.id)] == [twin.id, shop.member.id]
    assert _broken() == []


def test_points_set_aside_stand_in_the_way_and_nothing_is_moved(shop: Shop, twin: members.Member) -> None:
    transact(lambda: _buy(shop, 20_000, "77"))
    hold_of_twin = transact(lambda: a_hold(Shop(shop.program, shop.partner, twin, shop.currency), 10))

    with pytest.raises(Conflict, match="holds_open"):
        _merge(shop, twin)

    assert members.get(shop.program.id, twin.id).state == "active"
    assert members.identify(shop.program.id, shop.partner.id, [("card", "77")]) == {("card", "77"): twin.id}
    assert hold_of_twin.left == 10


def test_tier_subscription_and_family_come_along_and_tier_points_add_up(shop: Shop, twin: members.Member) -> None:
    known = a_ladder(shop.program)
    assert known.currency_id is not None
    promotions.create_base_rule(
        shop.program.id,
        shop.partner.id,
        known.currency_id,
        points=1,
        each_minor=100,
        name_en="Elite",
        name_ru="Элита",
        code="elite",
    )
    now = {"occurred_at": _now()}
    for card in (CARD, "77"):
        shop.record(a_receipt(30_000, member={"kind": "card", "value": card}, **now))
    members.add_plan(shop.program.id, a_plan())
    members.subscribe(shop.program.id, twin.id, "plus", payment="P-1")
    friend = a_member(shop.program, shop.partner, card="99")
    members.invite(shop.program.id, twin.id, ("card", "99"))
    members.accept(shop.program.id, friend.id, members.invitations(friend.id)[0].family_id)

    merge = _merge(shop, twin)

    standing = members.standing([shop.member.id])[shop.member.id]
    assert (standing.tier, standing.subscriptions, standing.benefits.delivery_free) == ("gold", ("plus",), True)
    assert members.same_family(shop.member.id, friend.id)
    assert merge.facts["family"] == "moved"
    assert _broken() == []


def _now() -> str:
    row = fetch_all("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS\"Z\"') AS now")[0]
    return str(row.now)


def test_of_two_subscriptions_the_longer_one_stays_and_a_family_of_both_keeps_its_head(
    shop: Shop, twin: members.Member
) -> None:
    members.add_plan(shop.program.id, a_plan())
    members.subscribe(shop.program.id, shop.member.id, "plus", payment="P-1")
    members.subscribe(shop.program.id, twin.id, "plus", payment="P-2")
    members.renew(shop.program.id, twin.id, payment="P-3")
    members.invite(shop.program.id, twin.id, ("card", CARD))
    members.accept(shop.program.id, shop.member.id, members.invitations(shop.member.id)[0].family_id)

    merge = _merge(shop, twin)

    live = members.subscription(shop.member.id)
    assert live is not None
    assert live.periods == 2
    family = members.family(shop.member.id)
    assert family is not None
    assert [seat.member_id for seat in family.seats] == [shop.member.id]
    assert merge.facts["family"] == "given up"
    assert _broken() == []


def test_points_that_were_on_their_way_follow_with_what_came_beside_them(shop: Shop, twin: members.Member) -> None:
    _buy(shop, 20_000, "77")
    _merge(shop, twin)
    jobs.run_due()
    badge = {"program": shop.program.id, "twin": twin.id}
    execute("INSERT INTO member_holding VALUES (:program, :twin, 'badge', 'late', 1)", badge)
    operator = partners.operator(shop.program.id)
    entity = partners.entities_of(operator.id)[0]
    late = ledger.Credit(
        account_id=ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, twin.id),
        contra_id=ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.ISSUANCE, entity.id),
        amount=7,
        occurred_at=shop.member.enrolled_at,
        program_id=shop.program.id,
        partner_id=operator.id,
        currency_id=shop.currency.id,
        operation=ledger.Operation.ADJUSTMENT,
        external_id="late",
        request_hash=b"late",
        funding_id=ledger.funding([(entity.id, 1)]),
    )
    ledger.post([late])
    assert "M10" in _broken()

    hold = transact(lambda: _hold(shop, late.account_id))
    assert transact(lambda: members.follow(10)) == 0  # what is set aside stands in the way of nobody else
    transact(lambda: _release(shop, hold))

    assert [transact(lambda: members.follow(10)) for _ in range(2)] == [1, 0]

    jobs.run_due()
    assert _available(shop, shop.member) == 107
    assert [one.name for one in holdings.held(shop.member.id)] == ["late"]
    execute("DELETE FROM member_holding WHERE member_id = :member", {"member": shop.member.id})
    assert _broken() == []


def _hold(shop: Shop, account_id: int) -> ledger.Hold:
    scope = {"program_id": shop.program.id, "partner_id": shop.partner.id, "currency_id": shop.currency.id}
    return ledger.hold(account_id, 7, 60, **scope, external_id="H", request_hash=b"h", purpose="a race")


def _release(shop: Shop, hold: ledger.Hold) -> None:
    at = (hold.account_id, hold.id)
    ledger.release(at, external_id="R", partner_id=shop.partner.id, request_hash=b"r")


def test_over_the_api_the_old_id_says_who_the_member_is_today(
    shop: Shop, twin: members.Member, client: FlaskClient
) -> None:
    till = transact(lambda: a_till(shop, client))
    _buy(shop, 20_000, "77")
    old = till.post("/members/lookup", {"kind": "card", "value": "77"}).json

    _merge(shop, twin)
    new = till.post("/members/lookup", {"kind": "card", "value": "77"}).json
    answer = till.get(f"/members/{old['id']}")

    assert (answer.status_code, answer.json["state"], answer.json["merged_into"]) == (200, "merged", new["id"])
    assert (new["state"], new["merged_into"]) == ("active", None)
    assert till.get(f"/members/{old['id']}/balances").json == till.get(f"/members/{new['id']}/balances").json
    added = till.post(f"/members/{old['id']}/identifiers", {"kind": "card", "value": "55"})
    assert added.status_code == 201
    assert till.post("/members/lookup", {"kind": "card", "value": "55"}).json["id"] == new["id"]


def test_who_signed_in_as_the_merged_member_sees_the_survivor(
    shop: Shop, twin: members.Member, client: FlaskClient
) -> None:
    transact(
        lambda: access.create_user(
            "twin@coral.example", "correct horse battery", ["member"], f"member:{twin.id}", program_id=shop.program.id
        )
    )
    transact(lambda: _buy(shop, 246_800, CARD))
    transact(lambda: _merge_in(shop, twin))

    client.post("/login", data={"email": "twin@coral.example", "password": "correct horse battery"})

    assert "1,234" in client.get("/account").text


def _merge_in(shop: Shop, twin: members.Member) -> None:
    members.merge(shop.program.id, twin.id, shop.member.id, reason="one person")


def test_the_trail_cannot_be_rewritten(shop: Shop, twin: members.Member) -> None:
    _merge(shop, twin)

    with pytest.raises(Exception, match="permission denied"):
        execute("UPDATE member_merge SET reason = ''")
