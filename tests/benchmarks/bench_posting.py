"""What posting costs against the physical limit: `python -m tests.benchmarks.bench_posting [--json] [--rounds N]`.

Every comparison alternates its two sides, each on a fresh schema, and tells the median of the rounds' ratios: above 1
we are faster than the limit. `ratio` is by the wall clock, `cpu` by the server's CPU time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psycopg

from coalition.kernel.copying import statement
from coalition.ledger import Credit, issuing
from tests.benchmarks.ground import CLIENTS, Ground, prepared

HERE = Path(__file__).parent
Measured = tuple[float, float]

WALLETS, PARTNERS, EARNS, REDEEMS, LOTS, BULK, CHUNK = 100_000, 1_000, 20_000, 8_000, 10, 100_000, 10_000
KEY = "'R' || :client_id || '-' || :i"
HASH = r"'\x" + "ab" * 32 + "'"
EARN = f"""\\set a random(1, {WALLETS})
\\set p random(1, {{partners}})
SELECT ledger_credit(:a, 1000000 + :p, 100, now(), '2099-01-01', NULL, 1, 1, :p, 1,
                     1::smallint, {KEY}, 0::smallint, {HASH}, NULL, NULL);
"""
EARN_LIMIT = f"""\\set a random(1, {WALLETS})
\\set p random(1, {PARTNERS})
WITH e AS (INSERT INTO entry (occurred_at, program_id, partner_id, operation, external_id, request_hash)
           VALUES (now(), 1, :p, 1, {KEY}, {HASH}) RETURNING id),
     p AS (INSERT INTO posting SELECT id, a, 1, m FROM e, (VALUES (:a, 100), (1000000 + :p, -100)) v(a, m)),
     l AS (INSERT INTO lot SELECT :a, '2099-01-01', id, 100, 100, 1 FROM e)
INSERT INTO wallet AS w VALUES (:a, 100)
ON CONFLICT (account_id) DO UPDATE SET undrawn = w.undrawn + 100, version = w.version + 1 RETURNING undrawn;
"""
EARN_BY_HAND = f"""\\set a random(1, {WALLETS})
\\set p random(1, {PARTNERS})
WITH e AS (INSERT INTO entry (account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id,
                              partner_id, currency_id, kind, operation, external_id, no, request_hash)
           VALUES (:a, 1000000 + :p, 100, now(), '2099-01-01', 1, 1, :p, 1, 1, 1, {KEY}, 0, {HASH}) RETURNING id),
     l AS (INSERT INTO lot (account_id, expires_at, entry_id, amount, remaining, funding_id)
           SELECT :a, '2099-01-01', id, 100, 100, 1 FROM e)
UPDATE wallet SET undrawn = undrawn + 100, version = version + 1 WHERE account_id = :a RETURNING undrawn;
"""
REDEEM = f"""\\set a :i * {CLIENTS} + :client_id
SELECT ledger_debit(:a, 1000001, {LOTS * 10}, now(), 1, 1, 1, 2::smallint, 6::smallint, {KEY}, 0::smallint, {HASH});
"""
REDEEM_LIMIT = f"""\\set a :i * {CLIENTS} + :client_id
WITH e AS (INSERT INTO entry (account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind,
                              operation, external_id, request_hash)
           VALUES (:a, 1000001, -{LOTS * 10}, now(), 1, 1, 1, 2, 6, {KEY}, {HASH}) RETURNING id),
     w AS (UPDATE wallet SET undrawn = undrawn - {LOTS * 10}, version = version + 1 WHERE account_id = :a),
     l AS (DELETE FROM lot WHERE account_id = :a RETURNING *)
INSERT INTO allocation (account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
SELECT :a, e.id, l.entry_id, l.remaining, 0, l.funding_id, l.expires_at FROM e, l;
"""
FILL = f"""
INSERT INTO entry (account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id, partner_id,
                   currency_id, kind, operation, external_id, request_hash)
SELECT a, 1000000, 10, now(), '2099-01-01'::timestamptz + n * interval '1 day', 1, 1, 0, 1, 1, 1, a || '.' || n, ''
  FROM generate_series(1, {REDEEMS + 2 * CLIENTS}) a, generate_series(1, {LOTS}) n;
INSERT INTO lot (account_id, expires_at, entry_id, amount, remaining, funding_id)
SELECT account_id, expires_at, id, amount, amount, funding_id FROM entry;
INSERT INTO wallet (account_id, undrawn, program_id, currency_id)
SELECT account_id, sum(amount), 1, 1 FROM entry GROUP BY 1;
"""


@dataclass(frozen=True)
class Row:
    """One comparison: both sides a second, the ratio by each clock, and what is to be reached."""

    name: str
    ours: float
    limit: float
    ratio: float
    cpu: float | None
    goal: float


def earn(ground: Ground, partners: int = PARTNERS, script: str = EARN) -> Measured:
    """Our online earn, of members who have a wallet; or another script on the same tables."""
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute(
            f"INSERT INTO wallet SELECT n, 0, 0, 0, 0, 1, 1 FROM generate_series(1, {WALLETS}) n".encode()
        )
    return ground.pgbench(script.format(partners=partners), EARNS)


def earn_limit(ground: Ground, *, keyed: bool) -> Measured:
    """The same rows by hand, with or without the unique business key."""
    _limit_schema(ground, keyed)
    with ground.connect() as connection:
        connection.execute(f"INSERT INTO wallet SELECT n, 0 FROM generate_series(1, {WALLETS}) n".encode())
    return ground.pgbench(EARN_LIMIT, EARNS)


def redeem(ground: Ground, script: str) -> Measured:
    """A redemption that uses up ten lots, ours or by hand on the same tables."""
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute(FILL.encode())
    return ground.pgbench(script, REDEEMS)


def bulk_and_sweep(ground: Ground, lots_each: int) -> tuple[Measured, Measured]:
    """Earns as `issuing.py` makes them, ten thousand at a time, so many a wallet; then the sweep of all those lots."""
    ground.fresh("ours")
    chunks = [_bulk_rows(first, lots_each) for first in range(0, BULK, CHUNK)]
    with ground.connect() as connection:
        begun = time.perf_counter()
        for accounts, copies in chunks:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(issuing.IDS, (CHUNK,)).fetchall()
                with connection.transaction():
                    _copy(cursor, *copies[0])
                _copy(cursor, *copies[1])
                cursor.execute(issuing.KNOWN, (accounts,)).fetchall()
                _copy(cursor, *copies[2])
        posted = time.perf_counter()
        while connection.execute("SELECT ledger_expire('2100-01-01', 10000)").fetchone() != (0,):
            pass
        swept = time.perf_counter()
        whole = connection.execute(
            "SELECT count(*), sum(amount), (SELECT count(*) FROM allocation), max(id) FROM entry"
        ).fetchone()
    if whole is None or whole[:3] != (BULK + BULK // lots_each, 0, BULK):
        raise RuntimeError(f"the rows are not what was to be posted and swept: {whole}")
    return (BULK / (posted - begun), 0.0), (BULK / (swept - posted), 0.0)


def copy_limit(ground: Ground) -> Measured:
    """COPY of the same rows into the limit's four tables."""
    _limit_schema(ground, keyed=True)
    chunks = [_limit_rows(first) for first in range(0, BULK, CHUNK)]
    with ground.connect() as connection:
        begun = time.perf_counter()
        for chunk in chunks:
            with connection.transaction(), connection.cursor() as cursor:
                for copy_in, rows in chunk:
                    with cursor.copy(copy_in) as copy:
                        copy.write(rows)
        return BULK / (time.perf_counter() - begun), 0.0


def compare(name: str, goal: float, rounds: int, ours: Callable[[], Measured], limit: Callable[[], Measured]) -> Row:
    """Alternate both sides and take the median of their ratios."""
    pairs = [(ours(), limit()) for _ in range(rounds)]
    by_clock = median(mine[0] / hand[0] for mine, hand in pairs)
    by_cpu = median(hand[1] / mine[1] for mine, hand in pairs) if pairs[0][0][1] else None
    return Row(name, median(p[0][0] for p in pairs), median(p[1][0] for p in pairs), by_clock, by_cpu, goal)


def run(ground: Ground, rounds: int) -> Iterator[Row]:
    """Every comparison, as it is done."""
    online = lambda: earn(ground)  # noqa: E731

    yield compare("online earn / limit", 1.0, rounds, online, lambda: earn_limit(ground, keyed=True))
    yield compare(
        "online earn / limit without a business key", 1.0, rounds, online, lambda: earn_limit(ground, keyed=False)
    )
    by_hand = lambda: earn(ground, script=EARN_BY_HAND)  # noqa: E731
    yield compare("online earn / its own rows by hand", 1.0, rounds, online, by_hand)
    yield compare("one hot partner / 1,000 partners", 0.9, rounds, lambda: earn(ground, 1), online)
    yield compare(
        "redeem over 10 lots / same rows",
        0.8,
        rounds,
        lambda: redeem(ground, REDEEM),
        lambda: redeem(ground, REDEEM_LIMIT),
    )
    yield from _bulk(ground, rounds)


def _bulk(ground: Ground, rounds: int) -> Iterator[Row]:
    sweeps: dict[int, list[float]] = {1: [], 10: []}

    def posted(lots_each: int) -> Measured:
        made, swept = bulk_and_sweep(ground, lots_each)
        sweeps[lots_each].append(swept[0] / made[0])
        return made

    name, goal = "bulk earn / COPY of the limit's tables", 0.8
    yield compare(name, goal, rounds, lambda: posted(1), lambda: copy_limit(ground))
    for lots_each, ratios in sweeps.items():
        last = [bulk_and_sweep(ground, lots_each) for _ in range(0 if ratios else rounds)]
        ratios += [swept[0] / made[0] for made, swept in last]
        yield Row(f"sweep, lots / bulk earns, {lots_each} a wallet", 0.0, 0.0, median(ratios), None, 1.5)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    with prepared() as ground:
        rows = list(run(ground, options.rounds))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    print(f"{'':<46}{'ours/s':>10}{'limit/s':>10}{'ratio':>8}{'cpu':>8}{'goal':>8}")
    for row in rows:
        cpu = "" if row.cpu is None else f"{row.cpu:.2f}"
        print(f"{row.name:<46}{row.ours:>10.0f}{row.limit:>10.0f}{row.ratio:>8.2f}{cpu:>8}{row.goal:>8.2f}")


def _limit_schema(ground: Ground, keyed: bool) -> None:
    ground.fresh()
    with ground.connect() as connection:
        connection.execute((HERE / "limit.sql").read_text().encode())
        if keyed:
            connection.execute("ALTER TABLE entry ADD UNIQUE (partner_id, operation, external_id, no)")


def _bulk_rows(first: int, lots_each: int) -> tuple[list[int], list[tuple[bytes, str]]]:
    """What `issuing.issue` sends for a chunk; the ids are what a new sequence gives."""
    wave = [_credit(n, lots_each) for n in range(first, first + CHUNK)]
    accounts = sorted({one.account_id for one in wave})
    wallets = [f"{account_id},{100 * lots_each},1,1" for account_id in accounts]
    return accounts, [
        (statement("entry", issuing.ENTRY), _block(map(issuing.entry_row, range(first + 1, first + CHUNK + 1), wave))),
        (statement("lot", issuing.LOT), _block(map(issuing.lot_row, range(first + 1, first + CHUNK + 1), wave))),
        (statement("wallet", issuing.WALLET), _block(wallets)),
    ]


def _credit(n: int, lots_each: int) -> Credit:
    return Credit(
        account_id=n // lots_each,
        contra_id=1_000_000 + n % PARTNERS,
        amount=100,
        occurred_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        program_id=1,
        partner_id=n % PARTNERS,
        currency_id=1,
        operation=1,
        external_id=f"R{n}",
        request_hash=b"\xab" * 32,
        funding_id=1,
        expires_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC),
    )


def _block(rows: Iterable[str]) -> str:
    return "\n".join(rows) + "\n"


def _copy(cursor: psycopg.Cursor, copy_in: bytes, rows: str) -> None:
    with cursor.copy(copy_in) as copy:
        copy.write(rows)


def _limit_rows(first: int) -> list[tuple[str, str]]:
    span = range(first, first + CHUNK)
    entries = "".join(f"2026-01-01 00:00+00\t1\t{n % PARTNERS}\t1\tR{n}\t\\\\x{'ab' * 32}\n" for n in span)
    postings = "".join(f"{n}\t{n}\t1\t100\n{n}\t{1_000_000 + n % PARTNERS}\t1\t-100\n" for n in span)
    return [
        ("COPY entry (occurred_at, program_id, partner_id, operation, external_id, request_hash) FROM STDIN", entries),
        ("COPY posting FROM STDIN", postings),
        ("COPY lot FROM STDIN", "".join(f"{n}\t2099-01-01\t{n}\t100\t100\t1\n" for n in span)),
        ("COPY wallet (account_id, undrawn) FROM STDIN", "".join(f"{n}\t100\n" for n in span)),
    ]


if __name__ == "__main__":
    main()
