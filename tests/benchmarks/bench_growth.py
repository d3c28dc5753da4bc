"""What does not grow, and the other design: `python -m tests.benchmarks.bench_growth [--rounds N] [--entries N]`.

1. An earn with a million existing entries against one with ten thousand. 2. What a member with ten thousand movements
and a thousand open lots waits for: balance, first page of the history, a page from the middle. 3. Against a ledger that
keeps every balance in a row (`transfers.sql`, re-created from reading pgledger): spread over a thousand partners, all
on one, and many in one call.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from coalition import ledger
from coalition.kernel.db import transact
from tests.benchmarks import house
from tests.benchmarks.bench_posting import EARN, HASH, PARTNERS, WALLETS, Row, bulk_and_sweep, compare
from tests.benchmarks.ground import Ground, prepared

HERE = Path(__file__).parent
FEW, CLIENTS, EARNS, MANY = 10_000, 8, 16_000, 1_000
HISTORY = f"""
INSERT INTO entry (account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id, partner_id,
                   currency_id, kind, operation, external_id, request_hash)
SELECT 1 + n % {WALLETS}, 1000001 + n % {PARTNERS}, 100, now(), '2099-01-01', 1, 1, 1 + n % {PARTNERS}, 1, 1, 1,
       'H' || n, {HASH} FROM generate_series(1, {{entries}}) n;
INSERT INTO lot (account_id, expires_at, entry_id, amount, remaining, funding_id)
SELECT account_id, expires_at, id, amount, amount, funding_id FROM entry;
INSERT INTO wallet (account_id, undrawn, program_id, currency_id)
SELECT n, 0, 1, 1 FROM generate_series(1, {WALLETS}) n;
"""
# A member (owner 7) of program 1 whose 10,000 movements have left 1,000 open lots, which end on 300 days.
HEAVY = f"""
INSERT INTO account (program_id, currency_id, kind, owner) VALUES (1, 1, 1, 7), (1, 1, 2, 1);
INSERT INTO entry (recorded_at, account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id,
                   partner_id, currency_id, kind, operation, external_id, request_hash)
SELECT now() - n * interval '1 hour', 1, 2, 100, now() - n * interval '1 hour',
       '2099-01-01'::date + (n % 300)::int, 1, 1, 1 + n % 20, 1, 1, 1, 'H' || n, {HASH}
  FROM generate_series(10000, 1, -1) n;
INSERT INTO lot (account_id, expires_at, entry_id, amount, remaining, funding_id)
SELECT account_id, expires_at, id, amount, amount, 1 FROM entry ORDER BY id DESC LIMIT 1000;
INSERT INTO wallet (account_id, undrawn, program_id, currency_id) VALUES (1, 100000, 1, 1);
"""
SPREAD = f"""\\set a random(1, {WALLETS})
\\set p random(1, {{partners}})
SELECT * FROM make_transfers(ARRAY[('p' || :p, 'a' || :a, 100)::wish]);
"""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a member waits for, the median of many, in milliseconds."""

    name: str
    ms: float


def after(ground: Ground, entries: int) -> tuple[float, float]:
    """Our earn where so many entries stand already."""
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute(HISTORY.format(entries=entries).encode())
    return ground.pgbench(EARN.format(partners=PARTNERS), EARNS, clients=CLIENTS)


def ours(ground: Ground, partners: int) -> tuple[float, float]:
    """Our earn of members who have a wallet."""
    return after(ground, 0) if partners == PARTNERS else _hot(ground)


def theirs(ground: Ground, partners: int) -> tuple[float, float]:
    """The same points moved from a partner's balance to a member's."""
    _holders(ground)
    return ground.pgbench(SPREAD.format(partners=partners), EARNS // 4, clients=CLIENTS)


def theirs_in_bulk(ground: Ground) -> tuple[float, float]:
    """A thousand transfers a call, each to another member."""
    _holders(ground)
    sql = (
        "SELECT count(*) FROM make_transfers((SELECT array_agg(('p' || 1 + n %% 1000, 'a' || n, 100)::wish)"
        " FROM generate_series(%s::int, %s::int) n))"
    )
    with ground.connect() as connection:
        begun = time.perf_counter()
        for first in range(1, 10 * MANY, MANY):
            connection.execute(sql, (first, first + MANY - 1))
        return 10 * MANY / (time.perf_counter() - begun), 0.0


def waits(ground: Ground) -> Iterator[Wait]:
    """The heavy member, through the front desk."""
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute(HEAVY.encode())
        connection.execute("VACUUM ANALYZE")
    with TemporaryDirectory() as folder, house.application(house.environment(ground, Path(folder))):
        middle = transact(lambda: ledger.movements([1], None, 100)).next_cursor
        for _ in range(49):
            middle = transact(lambda at=middle: ledger.movements([1], at, 100)).next_cursor  # type: ignore[misc]
        yield Wait("balance of 1,000 open lots", _median_ms(lambda: ledger.balances(1, 7)))
        yield Wait("first page of 10,000 movements", _median_ms(lambda: ledger.movements([1], None, 50)))
        yield Wait("a page from the middle", _median_ms(lambda: ledger.movements([1], middle, 50)))


def run(ground: Ground, rounds: int, entries: int) -> Iterator[Row]:
    """Every comparison, as it is done. `limit` is the other side."""
    name = f"earn with {entries:,} entries / with {FEW:,}"
    yield compare(name, 1 / 1.3, rounds, lambda: after(ground, entries), lambda: after(ground, FEW))
    spread = "spread / balances in rows"
    yield compare(spread, 3, rounds, lambda: ours(ground, PARTNERS), lambda: theirs(ground, PARTNERS))
    yield compare("one hot partner / balances in rows", 10, rounds, lambda: ours(ground, 1), lambda: theirs(ground, 1))
    in_bulk: Callable[[], tuple[float, float]] = lambda: bulk_and_sweep(ground, 1)[0]  # noqa: E731
    yield compare("bulk / balances in rows", 15, rounds, in_bulk, lambda: theirs_in_bulk(ground))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with prepared() as ground:
        times = list(waits(ground))
        rows = list(run(ground, options.rounds, options.entries))
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "waits": [asdict(one) for one in times]}, indent=2))
        return
    print(f"{'':<46}{'ours/s':>10}{'other/s':>10}{'ratio':>8}{'cpu':>8}{'goal':>8}")
    for row in rows:
        cpu = "" if row.cpu is None else f"{row.cpu:.2f}"
        print(f"{row.name:<46}{row.ours:>10.0f}{row.limit:>10.0f}{row.ratio:>8.2f}{cpu:>8}{row.goal:>8.2f}")
    for one in times:
        print(f"{one.name:<46}{one.ms:>10.2f} ms")


def _hot(ground: Ground) -> tuple[float, float]:
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute(HISTORY.format(entries=0).encode())
    return ground.pgbench(EARN.format(partners=1), EARNS, clients=CLIENTS)


def _holders(ground: Ground) -> None:
    ground.fresh()
    with ground.connect() as connection:
        connection.execute((HERE / "transfers.sql").read_text().encode())
        for prefix, count in (("p", PARTNERS), ("a", WALLETS)):
            connection.execute(
                "INSERT INTO holder SELECT %s || n, 'holder', 'BON', 0, 0, true, true, now(), now()"
                " FROM generate_series(1, %s::int) n",
                (prefix, count),
            )


def _median_ms(work: Callable[[], object], times: int = 100) -> float:
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        transact(work)
        took.append(time.perf_counter() - begun)
    return median(took) * 1e3


if __name__ == "__main__":
    main()
