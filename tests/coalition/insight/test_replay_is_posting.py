"""A replay comes to what posting really issued, to the point: receipts through `purchases.record`, and played again."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from coalition import insight, partners, promotions, purchases
from coalition.kernel.db import raw
from tests.builders import a_program
from tests.coalition.insight.builders import CARDS, FIRST, LAST, played
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit
from tests.coalition.purchases.builders import Shop, a_body, a_line, a_shop
from tests.model.promotions_of_year import EXCLUDED, GROUPS, promotions_of_year

pytestmark = pytest.mark.usefixtures("session")
PATHS = (
    "produce/apples", "grocery/soft drinks/cola", "grocery/fluid milk products/milk", "meat/beef", "deli/deli meats",
    "nutrition/snacks", "floral/roses", "seafood/fish", "cosmetics/lips", "pastry/rolls", "grocery/cigarettes/one",
)  # fmt: skip
ISSUED = """
    SELECT coalesce(a.promotion, r.code), a.purchase_id, s.party_id, sum(s.points)::bigint
      FROM award a JOIN entry e ON (e.account_id, e.id) = (a.account_id, a.entry_id)
      LEFT JOIN base_rule r ON r.id = a.rule_id
      CROSS JOIN LATERAL ledger_split(e.funding_id, 0, e.amount) s
     WHERE a.rule_id IS NULL GROUP BY 1, 2, 3"""


@pytest.fixture
def shops() -> list[Shop]:
    """Two shops with the year's promotions in force, and two members."""
    program = a_program()
    shops = [a_shop(program, "shop0"), a_shop(program, "shop1", card="4276000099999999")]
    a_member(program, shops[0].partner, card=CARDS[1])
    partners.add_group(program.id, "campaign-22", name_en="22", name_ru="22")
    partners.add_group(program.id, "campaign-27", name_en="27", name_ru="27")
    brands = ("private", "m2", "m9")
    items = [partners.Item(f"S{at}", path, brands[at % 3]) for at, path in enumerate(PATHS, start=1)]
    for shop in shops:
        partners.classify(shop.partner.id, items)
        partners.assign(shop.partner.id, "campaign-22", ["S1", "S2"])
        partners.assign(shop.partner.id, "campaign-27", ["S4"])
    promotions.change_setting(program.id, exclude=EXCLUDED)
    promotions.publish(program.id, _documents(), groups=GROUPS, actor=ACTOR)
    return shops


def _documents() -> list[dict[str, Any]]:
    """The year's promotions with limits so small that they are felt, and one that nobody can book."""
    found = promotions_of_year()
    for document in found:
        for limit in document.get("limits", ()):
            limit["value"] = {"uses": 1}.get(limit["metric"], max(limit["value"] // 100, 3))
    nowhere = {"id": "nowhere", "name": {"en": "n", "ru": "n"}, "events": ["receipt.closed"]}
    return [*found, {**nowhere, "effects": [{**a_credit(bp=900), "account": "no-such-account"}]}]


def _receipts(chance: random.Random, count: int, card: str) -> list[purchases.Receipt]:
    found = []
    for _ in range(count):
        lines = [a_line(no, chance.randint(0, 4_000)) for no in range(1, chance.randint(2, 24))]
        for line in lines:
            line["sku"], line["qty_m"] = f"S{chance.randint(1, 12)}", 1000 * chance.randint(1, 5)
        at = dt.datetime(2026, 11, chance.randint(1, 20), chance.randint(0, 23), 30, tzinfo=dt.UTC)
        body = a_body(occurred_at=at.isoformat(), lines=lines, member={"kind": "card", "value": card})
        found.append(purchases.read(body))
    return found


def test_a_replay_comes_to_what_posting_really_issued(shops: list[Shop]) -> None:
    chance = random.Random(20)
    for turn in range(6):
        shop = shops[turn % 2]
        recorded = shop.record(*_receipts(chance, 9, CARDS[turn % 2]))
        assert all(isinstance(one, purchases.Recorded) for one in recorded)

    program_id = shops[0].program.id
    tried = promotions.rehearse(program_id, [])
    told = played(insight.Trial(promotions.ruleset_by_id(program_id, None), tried, FIRST, LAST), size=7)

    issued = raw().execute(ISSUED).fetchall()
    by = {"promotion": 0, "funder": 2}
    for dimension, place in by.items():
        really: dict[str, int] = {}
        for row in issued:
            really[str(row[place])] = really.get(str(row[place]), 0) + row[3]
        assert {key: both.draft for (key, _), both in told.sums.along(dimension).items()} == really
    assert len({row[0] for row in issued}) >= 18 and told.sums.total("BON").draft == sum(row[3] for row in issued)


def test_every_receipt_of_a_replay_is_what_posting_gave_it(shops: list[Shop]) -> None:
    chance = random.Random(21)
    for turn in range(4):
        shops[turn % 2].record(*_receipts(chance, 7, CARDS[turn % 2]))

    program_id = shops[0].program.id
    nothing, tried = promotions.ruleset_by_id(program_id, None), promotions.rehearse(program_id, [])
    trial = insight.Trial(nothing, tried, FIRST, LAST)
    different = trial.play(trial.read(insight.Cursor(), 100))

    really: dict[int, int] = {}
    for _, purchase_id, _, points in raw().execute(ISSUED).fetchall():
        really[purchase_id] = really.get(purchase_id, 0) + points
    assert {one.purchase_id: one.draft for one in different} == really
