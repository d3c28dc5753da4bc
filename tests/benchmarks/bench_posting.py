"""What posting costs against the physical limit: `python -m tests.benchmarks.bench_posting [--json] [--rounds N]`.

Every comparison alternates its two sides, each on a fresh schema, and tells the median of the rounds' ratios: above 1
we are faster than the limit. `ratio` is by the wall clock, `cpu` by the server's CPU time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.ground import CLIENTS, Ground, prepared

HERE = Path(__file__).parent
LEDGER_SQL = HERE.parents[1] / "coalition" / "ledger" / "sql"
Measured = tuple[float, float]

WALLETS, PARTNERS, EARNS, REDEEMS, LOTS, BULK = 100_000, 1_000, 20_000, 8_000, 10, 100_000
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


def earn(ground: Ground, partners: int = PARTNERS) -> Measured:
    """Our online earn, of members who have a wallet."""
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute(
            f"INSERT INTO wallet SELECT n, 0, 0, 0, 0, 1, 1 FROM generate_series(1, {WALLETS}) n".encode()
        )
    return ground.pgbench(EARN.format(partners=partners), EARNS)


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


def bulk_and_sweep(ground: Ground) -> tuple[Measured, Measured]:
    """Earns by COPY and one statement, ten thousand at a time; then the sweep of all those lots."""
    ground.fresh("ours")
    with ground.connect() as connection:
        connection.execute((LEDGER_SQL / "stage.sql").read_text().replace("ON COMMIT DELETE ROWS", "").encode())
        statement = (LEDGER_SQL / "bulk_credit.sql").read_text().encode()
        columns = "place, account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, operation,"
        copy_in = f"COPY ledger_stage ({columns} external_id, no, request_hash, expires_at, funding_id) FROM STDIN"
        chunks = [_stage_rows(first) for first in range(0, BULK, 10_000)]
        begun = time.perf_counter()
        for chunk in chunks:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute("TRUNCATE ledger_stage")
                with cursor.copy(copy_in) as copy:
                    copy.write(chunk)
                cursor.execute(statement).fetchall()
        posted = time.perf_counter()
        while connection.execute("SELECT ledger_expire('2100-01-01', 10000)").fetchone() != (0,):
            pass
        return (BULK / (posted - begun), 0.0), (BULK / (time.perf_counter() - posted), 0.0)


def copy_limit(ground: Ground) -> Measured:
    """COPY of the same rows into the limit's four tables."""
    _limit_schema(ground, keyed=True)
    chunks = [_limit_rows(first) for first in range(0, BULK, 10_000)]
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
    sweeps: list[Measured] = []

    def bulk() -> Measured:
        posted, swept = bulk_and_sweep(ground)
        sweeps.append(swept)
        return posted

    yield compare("online earn / limit", 1.0, rounds, online, lambda: earn_limit(ground, keyed=True))
    yield compare(
        "online earn / limit without a business key", 1.0, rounds, online, lambda: earn_limit(ground, keyed=False)
    )
    yield compare("one hot partner / 1,000 partners", 0.9, rounds, lambda: earn(ground, 1), online)
    yield compare(
        "redeem over 10 lots / same rows",
        0.8,
        rounds,
        lambda: redeem(ground, REDEEM),
        lambda: redeem(ground, REDEEM_LIMIT),
    )
    made = compare("bulk earn / COPY of the limit's tables", 0.8, rounds, bulk, lambda: copy_limit(ground))
    yield made
    swept = median(rate for rate, _ in sweeps)
    yield Row("expiry sweep, lots / bulk earns", swept, made.ours, swept / made.ours, None, 1.5)


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
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


def _stage_rows(first: int) -> str:
    return "".join(
        f"{n}\t{n}\t{1_000_000 + n % PARTNERS}\t100\t2026-01-01 00:00+00\t1\t{n % PARTNERS}\t1\t1\t"
        f"R{n}\t0\t\\\\x{'ab' * 32}\t2099-01-01\t1\n"
        for n in range(first, first + 10_000)
    )


def _limit_rows(first: int) -> list[tuple[str, str]]:
    span = range(first, first + 10_000)
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
