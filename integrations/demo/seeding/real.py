"""Real baskets into the demo by the way a partner's file takes: a registry, its job, and every receipt with its lines.

Stores are dealt to the three shops of the demo and become outlets of their own; households become members with a card,
the one with most baskets becomes the demo's Anna. Then some members order from the catalog, as a member would.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from catalog import orders, pricing, rewards
from catalog.ports import Address
from coalition import ledger, members, partners, purchases
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.idempotency import request_hash
from coalition.ports import FileStore
from integrations.demo.baskets import Basket, baskets
from integrations.demo.seeding.partners_side import CURRENCY, MEMBER_CARD, SHOPS, ZONE, Made

_REDEEMERS = 25
_CHUNK = 500


def import_baskets(made: Made, receipts: int | None) -> None:
    """Import the last `receipts` baskets of the year (None: all) and let sample members redeem."""
    with TemporaryDirectory() as folder:
        stores, households = _write(Path(folder), receipts)
        transact(partial(_open_outlets, made, stores))
        busiest = households.most_common(1)[0][0]
        others = sorted(set(households) - {busiest})
        for start in range(0, len(others), _CHUNK):
            transact(partial(_enrol, made, others[start : start + _CHUNK]))
        transact(partial(_give_anna, made, busiest))
        for shop in SHOPS:
            _import(made, shop.code, Path(folder) / f"{shop.code}.ndjson")
    for household, _ in households.most_common(_REDEEMERS):
        transact(partial(_redeem, made, household))


def _write(folder: Path, receipts: int | None) -> tuple[set[int], Counter[int]]:
    """One registry file for each shop; the stores and the households that occur."""
    stores: set[int] = set()
    households: Counter[int] = Counter()
    files = {shop.code: (folder / f"{shop.code}.ndjson").open("w", encoding="utf-8") for shop in SHOPS}
    for basket in baskets(receipts, ZONE):
        stores.add(basket.store)
        households[basket.household] += 1
        files[_shop_of(basket.store)].write(json.dumps(_purchase(basket), ensure_ascii=False) + "\n")
    for file in files.values():
        file.close()
    return stores, households


def _purchase(basket: Basket) -> dict[str, Any]:
    return {
        "external_id": str(basket.id),
        "occurred_at": basket.occurred_at.isoformat(),
        "outlet": f"ST{basket.store}",
        "member": {"kind": "card", "value": _card(basket.household)},
        "currency": CURRENCY,
        "channel": "pos",
        "lines": basket.lines,
    }


def _import(made: Made, code: str, file: Path) -> None:
    with file.open("rb") as stream:
        stored = ports.get(FileStore).put(f"registries/real-{code}", stream)

    def open_registry() -> None:
        opened = purchases.open_registry(made.program.id, made.shops[code].id, stored)
        jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))

    transact(open_registry)
    while jobs.run_due():  # what the enrolments announced is due before it
        pass


def _open_outlets(made: Made, stores: set[int]) -> None:
    entities = {code: partners.entities_of(partner.id)[0].id for code, partner in made.shops.items()}
    for store in sorted(stores):
        code = _shop_of(store)
        name = f"{made.shops[code].name} {store}"
        partners.open_outlet(made.shops[code].id, entities[code], f"ST{store}", name, city="Riga", zone=ZONE)


def _enrol(made: Made, households: list[int]) -> None:
    for household in households:
        card = _card(household)
        enrolment = members.Enrolment(card, request_hash(card), members.Profile(), (("card", card),))
        members.enrol(made.program.id, made.shops["freshmart"].id, enrolment)


def _give_anna(made: Made, household: int) -> None:
    """The busiest household's card is one of Anna's."""
    shop = made.shops["freshmart"].id
    anna = members.identify(made.program.id, shop, [("card", MEMBER_CARD)])[("card", MEMBER_CARD)]
    members.add(made.program.id, shop, anna, "card", _card(household))


def _redeem(made: Made, household: int) -> None:
    """One reward that the member can afford, delivered by the supplier's default way."""
    program, shop = made.program, made.shops["freshmart"]
    card = ("card", _card(household))
    member_id = members.identify(program.id, shop.id, [card])[card]
    available = sum(balance.available for balance in ledger.balances(program.id, member_id))
    query = rewards.RewardQuery(max_points=available, in_stock=True, sort="-price")
    for reward in rewards.search(program.id, query, limit=1).items:
        address = Address(name="A member", country="LV", city="Riga", postal_code="LV-1010", line1="Brīvības iela 1")
        quoted = pricing.quote(program.id, member_id, [(reward.id, 1)], None, address, partner_id=shop.id)
        ref = f"real-{household}"
        orders.place(
            program.id, member_id, shop.id, external_id=ref, quote_id=quoted.id, request_hash=request_hash(ref)
        )


def _shop_of(store: int) -> str:
    return SHOPS[store % len(SHOPS)].code


def _card(household: int) -> str:
    return f"98440000{household:08}"
