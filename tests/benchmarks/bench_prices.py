"""Personal prices: `python -m tests.benchmarks.bench_prices [--members N]` (1,000,000: the full size, 3 grants each).

10,000 rewards, 500 rules of which a member has 9 in the middle. A page of 48 is asked of `pricing.personal` and, in
turns on the same connection, of the bare SQL of the design over tables of its own with the same content. The whole
catalog sorted by one member's prices is asked of that SQL, and of the price book without its memory of rankings. Both
sides are compared price by price before anything is measured.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from catalog import pricing
from coalition import partners, programs
from coalition.kernel.db import raw, transact
from tests.benchmarks import house
from tests.benchmarks.ground import Ground, prepared
from tests.builders import a_program
from tests.catalog.builders import a_category, a_supplier

SKUS, RULES, LISTS, PAGE = 10_000, 500, 200, 48
_BLOCK = 50
_BARE = """
    WITH r AS MATERIALIZED (
      SELECT rule_id FROM d_rule WHERE kind = 'segment'
         AND seg = ANY((SELECT segs FROM d_member WHERE member_id = %(member)s)::int[])
         AND now() BETWEEN valid_from AND valid_to
      UNION SELECT rule_id FROM d_member_offer WHERE member_id = %(member)s AND valid_to > now())
    SELECT s.sku_id, s.base_points, COALESCE(LEAST(p.points, s.base_points), s.base_points) AS points, p.rule_id
    FROM d_sku s LEFT JOIN LATERAL (SELECT points, rule_id FROM d_rule_price rp
         WHERE rp.sku_id = s.sku_id AND rp.rule_id = ANY(ARRAY(SELECT rule_id FROM r))
         ORDER BY points, rule_id LIMIT 1) p ON true"""
_PAGE = f"{_BARE} WHERE s.sku_id = ANY(%(skus)s)"
_SORTED = f"{_BARE} ORDER BY points, s.sku_id"
# Grain of each: what the product's tables are filled with. Percents are the program, its operator and supplier.
_FILL = (
    """INSERT INTO category (program_id, code, name_en, name_ru, icon, artwork)
       SELECT {program}, 'c' || n, 'C', 'К', 'box', 'box' FROM generate_series(1, 5) AS n""",
    """INSERT INTO offer (supplier_id, supplier_sku, title, cost_minor, currency, electronic, row_hash)
       SELECT {supplier}, 'S' || n, 'Thing', 100 + n * 7919 % 90000, 'EUR', false, ''
         FROM generate_series(1, {skus}) AS n""",
    """INSERT INTO reward (program_id, offer_id, supplier_id, category_id, kind, electronic, title_en, title_ru,
                           description_en, description_ru, points, currency_id, artwork, rank)
       SELECT {program}, o.id, {supplier}, (SELECT min(id) FROM category WHERE code ~ '^c[1-5]$') + o.id % 5, 'goods',
              false, 'Thing', 'Вещь', '', '', o.cost_minor, {currency}, 'box', o.id FROM offer o""",
    """INSERT INTO member (program_id, enrolled_by, external_id, request_hash)
       SELECT {program}, {partner}, 'm' || n, '' FROM generate_series(1, {members}) AS n""",
    """INSERT INTO price_segment (program_id, code, name_en, name_ru)
       SELECT {program}, 'l' || n, 'L', 'Л' FROM generate_series(1, {lists}) AS n""",
    """INSERT INTO price_segment_member (member_id, segment_id)
       SELECT m.id, (SELECT min(id) FROM price_segment) + (m.id * 7 + k * 41) % {lists}
         FROM member m, generate_series(0, 4) AS k""",
    """INSERT INTO price_rule (program_id, code, version, name_en, name_ru, scope, scope_id, effect, value, priority,
                               stackable, floor_points, segment, valid_from)
       SELECT {program}, 'r' || n, 1, 'Rule', 'Правило', CASE WHEN n % 25 = 0 THEN 'all' ELSE 'category' END,
              CASE WHEN n % 25 > 0 THEN (SELECT min(id) FROM category WHERE code ~ '^c[1-5]$') + n % 5 END,
              CASE n % 7 WHEN 0 THEN 'multiplier' ELSE 'percent' END,
              CASE n % 7 WHEN 0 THEN 8000 + n ELSE 100 + n * 13 % 3000 END, 100, false, 1,
              CASE WHEN n % 2 = 0 THEN 'list:l' || (1 + n / 2 % {lists}) END, now() - interval '1 day'
         FROM generate_series(1, {rules}) AS n""",
    """INSERT INTO price_grant (member_id, rule_id, valid_to)
       SELECT m.id, r.rule_id, now() + interval '1 year' FROM member m, generate_series(0, 2) AS k,
              LATERAL (SELECT (SELECT min(id) FROM price_rule) + 2 * ((m.id * 11 + k * 83) % {granted}) AS rule_id)
                  AS r""",
)
_DESIGN = (
    "CREATE TABLE d_sku AS SELECT reward_id AS sku_id, points AS base_points FROM reward_prices",
    "CREATE TABLE d_rule AS SELECT id AS rule_id, CASE WHEN segment IS NULL THEN 'granted' ELSE 'segment' END AS kind,"
    " substring(segment FROM 7)::int AS seg, valid_from, coalesce(valid_to, 'infinity') AS valid_to FROM price_rule",
    "CREATE TABLE d_member AS SELECT m.member_id, array_agg(substring(s.code FROM 2)::int) AS segs"
    " FROM price_segment_member m JOIN price_segment s ON s.id = m.segment_id GROUP BY m.member_id",
    "CREATE TABLE d_member_offer AS SELECT member_id, rule_id, valid_to FROM price_grant",
    "CREATE TABLE d_rule_price AS SELECT reward_id AS sku_id, rule_id, points FROM rule_price",
    "ALTER TABLE d_sku ADD PRIMARY KEY (sku_id)",
    "ALTER TABLE d_rule ADD PRIMARY KEY (rule_id)",
    "CREATE INDEX ON d_rule (seg)",
    "ALTER TABLE d_member ADD PRIMARY KEY (member_id)",
    "ALTER TABLE d_member_offer ADD PRIMARY KEY (member_id, rule_id)",
    "ALTER TABLE d_rule_price ADD PRIMARY KEY (sku_id, rule_id)",
    "GRANT SELECT ON d_sku, d_rule, d_member, d_member_offer, d_rule_price TO coalition_app",
)


def main(arguments: list[str] | None = None) -> None:
    """Fill, compare, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--vectors", type=int, default=30)
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as folder, prepared() as ground:
        ground.fresh("ours")
        with house.application(house.environment(ground, Path(folder))):
            program_id, members = _fill(ground, asked.members)
            transact(lambda: _compare(program_id, members))
            transact(lambda: _pages(ground, program_id, members, asked.pages))
            transact(lambda: _vectors(program_id, members, asked.vectors))


def _fill(ground: Ground, members: int) -> tuple[int, range]:
    program = transact(lambda: a_program("bench"))
    transact(lambda: a_category(program))
    supplier = transact(lambda: a_supplier(program))
    facts = {
        "program": program.id,
        "supplier": supplier.id,
        "partner": partners.operator(program.id).id,
        "currency": programs.main_currency(program.id).id,
        "skus": SKUS,
        "members": members,
        "rules": RULES,
        "lists": LISTS,
        "granted": RULES // 2,
    }
    with ground.connect() as owner:
        for statement in _FILL:
            owner.execute(statement.format(**facts).encode())
        owner.execute("ANALYZE")
        rules = [row[0] for row in owner.execute("SELECT id FROM price_rule ORDER BY id")]
        started = time.perf_counter()
        rebuilt = transact(lambda: pricing.rebuild(program.id, rules))
        print(f"{rebuilt.prices:,} prices of {RULES} rules computed in {time.perf_counter() - started:.1f} s")
        for statement in _DESIGN:
            owner.execute(statement.encode())
        owner.execute("VACUUM ANALYZE")
        return program.id, _range(owner)


def _range(owner: psycopg.Connection) -> range:
    row = owner.execute("SELECT min(id), max(id) FROM member").fetchone()
    assert row is not None
    return range(row[0], row[1] + 1)


def _bare(sql: str, **params: Any) -> list[Any]:
    return raw().execute(sql.encode(), params).fetchall()


def _compare(program_id: int, members: range) -> None:
    """Both sides say the same, for pages and for whole catalogs."""
    skus = _skus()
    for member in random.Random(1).sample(members, 5):
        bare = {row[0]: (row[2], row[1]) for row in _bare(_PAGE, member=member, skus=skus[:PAGE])}
        ours = pricing.personal(program_id, member, skus[:PAGE])
        assert {one: (price.points, price.base_points) for one, price in ours.items()} == bare
        book = pricing.ranking(program_id, member)
        whole = [(row[0], row[2]) for row in _bare(_SORTED, member=member)]
        assert list(zip(book.reward_ids.tolist(), book.points.tolist(), strict=True)) == whole
    row = raw().execute("SELECT count(*) FROM price_grant").fetchone()
    assert row is not None
    counted = [len(pricing.rules_of(program_id, member)) for member in random.Random(2).sample(members, 200)]
    print(f"{len(members):,} members, {row[0]:,} grants, {median(counted):.0f} rules a member; both sides agree")


def _pages(ground: Ground, program_id: int, members: range, pages: int) -> None:
    """Blocks of the same pages in turns; which side begins changes. Told by the wall and by the CPU of both ends."""
    chance, skus = random.Random(3), _skus()
    sides: dict[str, Callable[[int, list[int]], object]] = {
        "ours": lambda member, some: pricing.personal(program_id, member, some),
        "bare": lambda member, some: _bare(_PAGE, member=member, skus=some),
    }
    wall: dict[str, list[float]] = {"ours": [], "bare": []}
    cpu = dict.fromkeys(wall, 0.0)
    for at in range(pages // _BLOCK + 1):
        block = [(chance.choice(members), chance.sample(skus, PAGE)) for _ in range(_BLOCK)]
        for name in sorted(sides, reverse=at % 2 == 0):
            before = ground.cpu_s() + time.process_time()
            seconds = [_timed(partial(sides[name], *page)) for page in block]
            if at:  # the first block only warms up
                wall[name] += seconds
                cpu[name] += ground.cpu_s() + time.process_time() - before
    (ours, bare), (best, bare_best) = ([f(wall[name]) * 1e3 for name in wall] for f in (median, min))
    print(f"page of {PAGE}: {ours:.2f} ms (best {best:.2f}), bare SQL {bare:.2f} ms (best {bare_best:.2f});")
    by_cpu = cpu["ours"] / cpu["bare"]
    print(f"  ratio {ours / bare:.2f}, by the best {best / bare_best:.2f}, by CPU {by_cpu:.2f} (goal: at most 1.5)")


def _vectors(program_id: int, members: range, vectors: int) -> None:
    """Whole catalogs in turns, the book's rankings reckoned anew each time."""
    chance = random.Random(4)
    sql, book, asked = [], [], []
    for member in chance.sample(members, vectors):
        rules = pricing.rules_of(program_id, member)
        held = pricing.book(program_id, rules)
        held.rank(rules)  # the arrays are there, and where they belong
        sql.append(_timed(lambda member=member: _bare(_SORTED, member=member)))  # type: ignore[misc]
        book.append(_timed(lambda held=held, rules=rules: held.sorted(held.vector(rules))))  # type: ignore[misc]
        asked.append(_timed(lambda member=member: pricing.ranking(program_id, member)))  # type: ignore[misc]
    slow, quick, whole = (median(times) * 1e3 for times in (sql, book, asked))
    print(f"{SKUS:,} sorted: SQL {slow:.1f} ms, book {quick:.3f} ms, {slow / quick:.0f} times faster (goal: 100)")
    size = sum(ids.nbytes + points.nbytes for _, ids, points in held.rules.values()) + held.base.nbytes * 2
    print(f"remembered ranking with its two short queries: {whole:.2f} ms; {len(held.rules)} rules in {size >> 20} MB")


def _skus() -> list[int]:
    return [row[0] for row in _bare("SELECT sku_id FROM d_sku ORDER BY sku_id")]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
