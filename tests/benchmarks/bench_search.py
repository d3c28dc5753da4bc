"""The showcase with 100,000 rewards: `python -m tests.benchmarks.bench_search [--rewards N] [--rounds N]`.

What a visitor waits for (a page of 48 cards, its facets) beside the bare SQL of the same question: a page without
cards shared by suppliers, and each facet by a GROUP BY of its own. Medians in milliseconds, both sides in turns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from catalog import rewards, suppliers
from catalog.rewards import RewardQuery
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.benchmarks import house
from tests.benchmarks.ground import Ground, prepared
from tests.builders import a_program
from tests.catalog.builders import a_category, a_supplier

_SUPPLIERS, _CATEGORIES = 10, 60
_THINGS_EN = ("kettle", "headphones", "backpack", "desk lamp", "coffee grinder", "notebook", "camera", "gift card")
_THINGS_RU = ("чайник", "наушники", "рюкзак", "лампа", "кофемолка", "блокнот", "фотоаппарат", "подарочная карта")
_KINDS_EN = ("steel", "wireless", "city", "bright", "quiet", "paper", "digital", "festive", "compact", "travel")
_KINDS_RU = ("стальной", "беспроводной", "городской", "яркий", "тихий", "бумажный", "цифровой", "праздничный")
# one in twenty has the number of another supplier's, and shares its card
_OFFERS = """
INSERT INTO offer (supplier_id, supplier_sku, title, title_ru, description, description_ru, brand, category, cost_minor,
                   currency, weight_g, electronic, gtin, picture_url, row_hash)
SELECT (CAST(:suppliers AS int[]))[1 + n % 10], 'SKU-' || n,
       concat_ws(' ', initcap((CAST(:kinds_en AS text[]))[1 + n % 10]),
                 (CAST(:things_en AS text[]))[1 + n / 10 % 8], n),
       concat_ws(' ', initcap((CAST(:kinds_ru AS text[]))[1 + n % 8]),
                 (CAST(:things_ru AS text[]))[1 + n / 10 % 8], n),
       repeat('A good thing for every day, made to last, with a warranty of two years. ', 4),
       repeat('Хорошая вещь на каждый день, сделана надолго, с гарантией на два года. ', 4),
       'Brand ' || n * 7 % 400, 'C' || n / 80 % 60, 100 + (n * 7919) % 200000, 'EUR', 500, n % 9 = 0,
       CASE WHEN n % 20 < 2 THEN lpad(g.body::text, 12, '0') || (10 - s.total % 10) % 10 END,
       'https://pictures.example/kettle.png', sha256(n::text::bytea)
  FROM generate_series(1, :n) AS n
 CROSS JOIN LATERAL (SELECT 590000000000 + n / 20 AS body) AS g
 CROSS JOIN LATERAL (SELECT sum(substr(lpad(g.body::text, 12, '0'), at, 1)::int * CASE at % 2 WHEN 1 THEN 1 ELSE 3 END)
                       AS total FROM generate_series(1, 12) AS at) AS s
"""
_STOCK = "INSERT INTO stock (offer_id, on_hand, snapshot_at) SELECT id, id % 7, now() FROM offer"
_BARE_PAGE = """
SELECT w.id, w.title_en, w.points, w.artwork, s.on_hand - s.reserved AS available
  FROM reward w LEFT JOIN stock s ON s.offer_id = w.offer_id
 WHERE w.program_id = :program_id AND w.state = 'on_sale' {where}
 ORDER BY {order} LIMIT 48"""
_BARE_FACETS = (
    "SELECT category_id, count(*) FROM reward w WHERE {on_sale} GROUP BY 1",
    "SELECT supplier_id, count(*) FROM reward w WHERE {on_sale} GROUP BY 1",
    "SELECT brand, count(*) FROM reward w WHERE {on_sale} GROUP BY 1 ORDER BY 2 DESC LIMIT 100",
    "SELECT kind, count(*) FROM reward w WHERE {on_sale} GROUP BY 1",
    "SELECT electronic, count(*) FROM reward w WHERE {on_sale} GROUP BY 1",
    "SELECT width_bucket(points, ARRAY[0, 500, 1000, 2500, 5000, 10000, 25000]::bigint[]), count(*) FROM reward w"
    " WHERE {on_sale} GROUP BY 1",
    "SELECT count(*) FROM reward w JOIN stock s USING (offer_id) WHERE {on_sale} AND s.on_hand > s.reserved",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor asks, and the bare SQL's condition and order for the same."""

    name: str
    query: RewardQuery
    where: str = ""
    order: str = "w.rank DESC, w.id DESC"


_WORDS = " AND w.id IN (SELECT reward_id FROM reward_words WHERE vector @@ to_tsquery('russian', '{}'))"
_SHELF = " AND w.category_id = (SELECT id FROM category WHERE code = 'c7')"
QUESTIONS = (
    Question("everything, popular first", RewardQuery()),
    Question("everything, by price", RewardQuery(sort="price"), order="w.points, w.id"),
    Question("one category", RewardQuery(category="c7"), _SHELF),
    Question("one category, in stock, below 500", RewardQuery(category="c7", in_stock=True, max_points=50_000), _SHELF),
    Question("one brand", RewardQuery(brand="Brand 7"), " AND w.brand = 'Brand 7'"),
    Question("a word of an eighth of all", RewardQuery(q="чайники"), _WORDS.format("чайник")),
    Question("two words", RewardQuery(q="quiet чайники"), _WORDS.format("quiet & чайник")),
    Question("a mistyped word", RewardQuery(q="чайнеки тихие"), _WORDS.format("тихий & чайник")),
    Question("an article", RewardQuery(q="SKU-4711"), _WORDS.format("4711")),
)


def seed(count: int) -> tuple[int, float]:
    """A program with so many offers on sale; its id, and how long publishing and indexing took in seconds."""
    program = transact(lambda: a_program("bench"))
    for at in range(_CATEGORIES):
        transact(lambda at=at: a_category(program, f"c{at}"))  # type: ignore[misc]
    sellers = [transact(lambda at=at: a_supplier(program, f"s{at}")) for at in range(_SUPPLIERS)]  # type: ignore[misc]
    targets = {f"C{at}": f"c{at}" for at in range(_CATEGORIES)}
    for one in sellers:
        transact(lambda one=one: suppliers.map_categories(one.id, targets))  # type: ignore[misc]
    names = {"kinds_en": _KINDS_EN, "kinds_ru": _KINDS_RU, "things_en": _THINGS_EN, "things_ru": _THINGS_RU}
    params = {name: list(values) for name, values in names.items()}
    transact(lambda: execute(_OFFERS, {**params, "suppliers": [one.id for one in sellers], "n": count}))
    transact(lambda: execute(_STOCK))
    began = time.perf_counter()
    for one in sellers:
        transact(lambda one=one: rewards.publish(one.id))  # type: ignore[misc]
    while transact(lambda: rewards.index(5_000)):
        pass
    return program.id, time.perf_counter() - began


def wait_ms(ground: Ground, work: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """The median of several, in milliseconds, after one that warms up; and what each took of the server's CPU."""
    transact(work)
    times, before = [], ground.cpu_s()
    for _ in range(rounds):
        began = time.perf_counter()
        transact(work)
        times.append((time.perf_counter() - began) * 1e3)
    return median(times), (ground.cpu_s() - before) / rounds * 1e3


def ask(ground: Ground, program_id: int, one: Question, rounds: int) -> list[tuple[float, float]]:
    """Page, bare page, facets, bare facets."""
    params = {"program_id": program_id}
    on_sale = "w.program_id = :program_id AND w.state = 'on_sale'" + one.where
    page, bare = (
        _BARE_PAGE.format(where=one.where, order=one.order),
        [sql.format(on_sale=on_sale) for sql in _BARE_FACETS],
    )
    return [
        wait_ms(ground, lambda: rewards.search(program_id, one.query), rounds),
        wait_ms(ground, lambda: fetch_all(page, params), rounds),
        wait_ms(ground, lambda: rewards.facets(program_id, one.query), rounds),
        wait_ms(ground, lambda: [fetch_all(sql, params) for sql in bare], rounds),
    ]


def run(ground: Ground, count: int, rounds: int) -> None:
    """Print the table."""
    ground.fresh("ours")
    with TemporaryDirectory() as files, house.application(house.environment(ground, Path(files))):
        program_id, published_s = seed(count)
        with ground.connect() as connection:
            connection.execute("VACUUM ANALYZE")
        cards = transact(lambda: fetch_one("SELECT count(*) AS n, count(*) FILTER (WHERE shared) AS s FROM reward"))
        print(f"{cards.n if cards else 0} rewards, {cards.s if cards else 0} of them on shared cards")
        print(f"published and indexed in {published_s:.1f} s ({count / published_s:.0f}/s)")
        print(f"{'':36} {'cards':>7} {'page':>13} {'bare':>13} {'facets':>13} {'bare':>13}  ms (cpu)")
        for one in QUESTIONS:
            total = transact(lambda one=one: rewards.count(program_id, one.query))  # type: ignore[misc]
            figures = " ".join(f"{ms:6.1f} ({cpu:4.0f})" for ms, cpu in ask(ground, program_id, one, rounds))
            print(f"{one.name:36} {total:7} {figures}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rewards", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    with prepared() as ground:
        run(ground, chosen.rewards, chosen.rounds)


if __name__ == "__main__":
    main()
