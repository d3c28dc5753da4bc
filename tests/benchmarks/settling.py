"""The ground of the settlement benchmarks: a coalition whose ledger has many movements, and ways to time what we do."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from coalition import ledger, partners, programs
from coalition.kernel.db import fetch_one, transact
from coalition.ledger import AccountKind
from settlement import terms
from settlement.terms import Prices
from tests.benchmarks.ground import Ground
from tests.builders import a_partner, a_program

PARTNERS, MEMBERS, MONTHS = 20, 10_000, 12
FIRST = dt.date(2026, 1, 1)
# Seven of ten movements are points issued, two redemptions, each of one lot; every tenth issue is funded by two.
_ISSUES = """
INSERT INTO entry (account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id, partner_id,
                   currency_id, kind, operation, external_id, request_hash)
SELECT wallets[1 + n %% %(members)s], issuing[1 + n %% %(partners)s], 100 + n %% 900,
       %(first)s + (n %% %(days)s) * interval '1 day' + interval '12 hours', '2099-01-01',
       CASE WHEN n %% 10 = 0 THEN %(shared)s ELSE funding[1 + n %% %(partners)s] END, %(program)s,
       partner[1 + n %% %(partners)s], %(currency)s, 1, 1, 'I' || n, sha256(n::text::bytea)
  FROM generate_series(1, %(issues)s) n"""
_REDEMPTIONS = """
WITH spent AS (
  SELECT id, account_id, amount, funding_id, row_number() OVER (ORDER BY id) AS n, occurred_at
    FROM entry WHERE kind = 1 ORDER BY id LIMIT %(redemptions)s),
debit AS (
  INSERT INTO entry (account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind, operation,
                     external_id, request_hash, origin_id)
  SELECT account_id, redeeming[1 + n %% %(partners)s], -(amount / 2), occurred_at + interval '1 hour', %(program)s,
         partner[1 + n %% %(partners)s], %(currency)s, 2, 3, 'R' || n, sha256(n::text::bytea), id
    FROM spent RETURNING id, account_id, amount, origin_id)
INSERT INTO allocation (debit_id, lot_id, account_id, amount, drawn_before, expires_at, funding_id)
SELECT d.id, d.origin_id, d.account_id, -d.amount, 0, '2099-01-01', s.funding_id
  FROM debit d JOIN spent s ON s.account_id = d.account_id AND s.id = d.origin_id"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A program with so many movements, all of one month or spread over a year."""

    program_id: int
    movements: int


def fill(ground: Ground, movements: int, *, days: int = 28, shops_no: int = PARTNERS) -> Ledger:
    """A program with partners under agreements, and about so many movements on the first `days` days of the year."""
    program = transact(lambda: a_program("bench"))
    currency = transact(lambda: programs.main_currency(program.id))
    shops = [transact(lambda no=no: a_partner(program, f"shop{no}")) for no in range(shops_no)]  # type: ignore[misc]
    entities = [transact(lambda shop=shop: partners.entities_of(shop.id)[0].id) for shop in shops]  # type: ignore[misc]
    for no, entity_id in enumerate(entities):
        prices = Prices(
            funding_mode="hybrid",
            issue_price=Decimal("0.006") + Decimal(no).scaleb(-6),
            redemption_price=Decimal("0.004"),
            service_price=Decimal("0.0012"),
            redeemer_rate=Decimal("0.0095"),
            vat_rate=Decimal("0.21"),
        )
        transact(lambda e=entity_id, p=prices: terms.agree(e, p, starts_on=FIRST))  # type: ignore[misc]

    def account(kind: AccountKind, owner: int) -> int:
        return transact(lambda: ledger.account(program.id, currency.id, kind, owner))

    def funded(*legs: tuple[int, int]) -> int:
        return transact(lambda: ledger.funding(list(legs)))

    arrays = {
        "wallets": f"ARRAY(SELECT generate_series(1000001, {1000000 + MEMBERS})::bigint)",
        "issuing": _array(account(AccountKind.ISSUANCE, entity) for entity in entities),
        "redeeming": _array(account(AccountKind.REDEMPTION, entity) for entity in entities),
        "funding": _array(funded((entity, 1)) for entity in entities),
        "partner": _array(shop.id for shop in shops),
    }
    params = {
        "members": MEMBERS,
        "partners": shops_no,
        "first": dt.datetime.combine(FIRST, dt.time(), dt.UTC),
        "days": days,
        "shared": funded((entities[0], 3), (entities[1], 2)),
        "program": program.id,
        "currency": currency.id,
        "issues": movements * 7 // 10,
        "redemptions": movements * 2 // 10,
    }
    with ground.connect() as connection:
        for sql in (_ISSUES, _REDEMPTIONS):
            for name, array in arrays.items():
                sql = sql.replace(f"{name}[", f"({array})[")
            connection.execute(sql.encode(), params)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    found = transact(lambda: fetch_one("SELECT count(*) AS n FROM ledger_movements"))
    assert found is not None
    return Ledger(program.id, int(found.n))


def add(ground: Ground, filled: Ledger, movements: int, *, day: int) -> int:
    """As many points issued again, all on one day of the year, which nobody has accrued; how many movements that is."""
    with ground.connect() as connection:
        added = connection.execute(
            "INSERT INTO entry (account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id,"
            " partner_id, currency_id, kind, operation, external_id, request_hash)"
            " SELECT account_id, contra_id, amount, %(day)s, expires_at, funding_id, program_id, partner_id,"
            " currency_id, kind, operation, 'X' || external_id, request_hash FROM entry WHERE kind = 1"
            " AND program_id = %(program)s ORDER BY id LIMIT %(movements)s",
            {
                "day": dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(12), dt.UTC),
                "program": filled.program_id,
                "movements": movements,
            },
        ).rowcount
        connection.execute("ANALYZE entry")
    return added


def timed(work: Callable[[], object]) -> float:
    """How long something took, in seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def peak_mb() -> Iterator[list[float]]:
    """The greatest resident memory of this process while it runs, in MB, as the list's one element afterwards."""
    peak, over = [resident_mb()], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def resident_mb(pid: int | str = "self") -> float:
    """What a process has in memory now, in MB; nothing if it has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def _array(numbers: Iterator[int]) -> str:
    return "ARRAY[" + ", ".join(str(number) for number in numbers) + "]::bigint[]"
