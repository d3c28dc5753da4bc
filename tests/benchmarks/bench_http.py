"""An online purchase over HTTP: `python -m tests.benchmarks.bench_http [--purchases N] [--rounds N] [--json]`.

Sixteen tills against gunicorn (two workers a core) on one side: token, idempotency, identification, promotions,
posting, receipt, outbox, audit, answer; every member has bought before. On the other pgbench with sixteen clients,
whose script writes all the same rows into the same tables, statement by statement in one transaction, and does nothing
else. The tills run on the same cores. `cpu` compares what the servers used for one purchase: ours PostgreSQL and
gunicorn together, the yardstick PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from coalition import access, purchases
from coalition.kernel.db import transact
from coalition.kernel.embedded import Child, free_port
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT, Ground, cpu_s_of, prepared
from tests.coalition.purchases.builders import a_receipt

CLIENTS, CARDS, LINES, WORKERS, THREADS, CHUNK = 16, 2_000, 5, 4, 4, 500
READY, GOAL = "http_ready", 0.2
# The yardstick: the rows of one purchase of a known member who has a wallet.
HASH = "'\\x" + "ab" * 32 + "'"
LIMIT = f"""\\set m random(1, {CARDS})
\\set a :m + {{before}}
BEGIN;
INSERT INTO idempotency (client_id, key, request_hash) VALUES (1, {{key}}, {HASH});
INSERT INTO purchase (id, occurred_at, member_id, total_minor, program_id, partner_id, outlet_id, legal_entity_id,
  external_id, request_hash, currency, channel, actor, request_id)
VALUES ({{id}}, now(), :m, 5000, 1, 1, 1, 1, {{key}}, {HASH}, 'EUR', 'pos', 'client:1',
  'req_20261120093000_0123456789ab');
INSERT INTO purchase_line (purchase_id, no, amount_minor, price_minor, qty_m, sku, name)
SELECT {{id}}, n, 1000, 1000, 1000, 'SKU' || n, 'Milk 1 l' FROM generate_series(1, {LINES}) n;
INSERT INTO entry (id, account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id, partner_id,
  currency_id, kind, operation, external_id, no, request_hash)
VALUES ({{id}}, :a, 1000001, 50, now(), '2027-11-30', 1, 1, 1, 1, 1, 1, {{key}}, 1, {HASH});
INSERT INTO lot (account_id, expires_at, entry_id, amount, remaining, funding_id)
VALUES (:a, '2027-11-30', {{id}}, 50, 50, 1);
UPDATE wallet SET undrawn = undrawn + 50, version = version + 1 WHERE account_id = :a;
INSERT INTO award (purchase_id, no, account_id, entry_id, units, available_at, expires_at, currency_id, rule_id, lines,
  reason_key, reason_params)
VALUES ({{id}}, 1, :a, {{id}}, 50, now(), '2027-11-30', 1, 1, '{{{{"1": 10, "2": 10, "3": 10, "4": 10, "5": 10}}}}',
  'base.per_amount', '{{{{"units": 50, "base_minor": 5000, "points": 1, "each_minor": 100}}}}');
INSERT INTO outbox (kind, key, payload)
VALUES ('purchases.recorded', 'partner:1', '{{{{"program_id": 1, "partner_id": 1, "purchase_ids": [1]}}}}');
INSERT INTO audit (actor, ip, request_id, action, subject, details)
VALUES ('client:1', '127.0.0.1', 'req_20261120093000_0123456789ab', 'purchase.record', 'pur_000001', '{{{{}}}}');
UPDATE idempotency SET status = 201, body = '{{answer}}' WHERE client_id = 1 AND key = {{key}};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Purchases a second, CPU µs of the servers for one, and what a till waited."""

    rate: float
    cpu_us: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Bench:
    """The coalition, kept as a template, and both sides on fresh copies of it."""

    def __init__(self, ground: Ground, folder: Path, purchases: int) -> None:
        self.ground, self.folder, self.purchases = ground, folder, purchases
        self.answer = ""
        ground.fresh("ours")
        self.settings = house.environment(ground, folder / "files") | {"WEB_THREADS": str(THREADS)}
        cards = [f"9844{number:012}" for number in range(CARDS)]
        with house.application(self.settings):
            (self.shop,) = house.found([["S1"]], cards)
            for first in range(0, CARDS, CHUNK):
                self._open_wallets(cards[first : first + CHUNK])
            issued = transact(lambda: access.issue_token(self.shop.client_id, self.shop.secret, ["purchases:write"]))
        self.token = issued.value
        ground.keep(READY)

    def _open_wallets(self, cards: list[str]) -> None:
        """Let members have bought before."""
        bought = [a_receipt(1_000, member={"kind": "card", "value": card}) for card in cards]
        transact(lambda: purchases.record(self.shop.partner_id, bought))

    def ours(self, template: str = READY) -> Run:
        """All tills against the web server, warm."""
        self.ground.fresh(template)
        self.ground.settle()
        with self._served() as (port, web):
            self._tills(port, CLIENTS * 20)
            before = self.ground.cpu_s() + cpu_s_of(web)
            told = self._tills(port, self.purchases)
            used_s = self.ground.cpu_s() + cpu_s_of(web) - before
        self._check()
        return Run(told["rate"], used_s / told["done"] * 1e6, told["p50_ms"], told["p99_ms"])

    def limit(self) -> Run:
        """The yardstick, prepared statements."""
        self.ground.fresh(READY)
        with self.ground.connect() as connection:
            wallets = connection.execute("SELECT min(account_id), max(account_id), count(*) FROM wallet").fetchone()
        assert wallets is not None
        first, last, count = wallets
        if (last - first + 1, count) != (CARDS, CARDS):
            raise RuntimeError(f"{CARDS} members have {count} wallets from {first} to {last}")
        key, number = "'R' || :client_id || '-' || :i", "(:client_id * 10000000 + 1000000 + :i)"
        script = LIMIT.format(before=first - 1, key=key, id=number, answer=self.answer.replace("'", "''"))
        return Run(*self.ground.pgbench(script, self.purchases, clients=CLIENTS))

    @contextmanager
    def _served(self) -> Iterator[tuple[int, int]]:
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "-c", "coalition/kernel/serving.py", "-w", str(WORKERS)]
        command += ["-b", f"127.0.0.1:{port}", "wsgi:create_app()"]
        environment = house.child_environment(self.settings)
        web = Child(command, self.folder / "web.log", cwd=ROOT, env=environment)
        try:
            _await(f"http://127.0.0.1:{port}/readyz", web)
            yield port, web.process.pid
        finally:
            web.stop()

    def _tills(self, port: int, purchases: int) -> dict[str, float]:
        command = [sys.executable, "-m", "tests.benchmarks.tills", str(port), self.token]
        command += [str(number) for number in (CLIENTS, purchases, CARDS, LINES)]
        told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        if told["odd"]:
            raise RuntimeError(f"{told['odd']} odd answers, the first: {told['first_odd']}")
        return dict(told)

    def _check(self) -> None:
        """Every answer was a purchase with its entry; one answer is kept for the yardstick to write."""
        with self.ground.connect() as connection:
            counted = connection.execute(
                "SELECT (SELECT count(*) FROM purchase), (SELECT count(*) FROM idempotency), count(*),"
                " (SELECT body::text FROM idempotency LIMIT 1) FROM entry"
            ).fetchone()
        assert counted is not None
        done = CLIENTS * 20 + self.purchases
        if counted[:3] != (done + CARDS, done, done + CARDS):
            raise RuntimeError(f"{done} purchases came to {counted[:3]}")
        self.answer = counted[3]


def _await(url: str, web: Child) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and web.alive():
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer: {web.log.read_text()[-2000:]}")


def measure(bench: Bench, rounds: int) -> dict[str, object]:
    """Both sides in turns, the medians of their ratios."""
    pairs = [(bench.ours(), bench.limit()) for _ in range(rounds)]
    return {
        "ours": asdict(pairs[-1][0]),
        "limit": asdict(pairs[-1][1]),
        "ratio": median(ours.rate / limit.rate for ours, limit in pairs),
        "cpu": median(limit.cpu_us / ours.cpu_us for ours, limit in pairs),
        "goal": GOAL,
        "p50_ms": median(ours.p50_ms for ours, _ in pairs),
        "p99_ms": median(ours.p99_ms for ours, _ in pairs),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--purchases", type=int, default=8_000)
    options = parser.parse_args(arguments)
    with prepared() as ground, TemporaryDirectory() as folder:
        told = measure(Bench(ground, Path(folder), options.purchases), options.rounds)
    if options.json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        text = f"{value:,.2f}" if isinstance(value, float) else str(value)
        print(f"{name:<8}{text}")


if __name__ == "__main__":
    main()
