"""A large feed, from its file to offers and stock: `python -m tests.benchmarks.bench_feeds [--offers N] [--rounds N]`.

Beside it: parse the same XML with lxml and COPY the rows that we leave into the same tables with the same keys,
without judging, comparing or keeping anything; and the same texts into a table without keys. Each import is a process
of its own, so that its peak of memory is its own. Then the same bytes, the same offers in other bytes, and 5 % of the
prices changed, with the rows that each has rewritten.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from lxml import etree

from catalog import suppliers
from coalition.kernel.db import transact
from tests.benchmarks import house
from tests.benchmarks.ground import Ground, prepared
from tests.builders import a_program
from tests.catalog.builders import a_category, a_supplier

ROOT = Path(__file__).parents[2]
FIELDS: tuple[str, ...] = (
    "name",
    "description",
    "vendor",
    "vendorCode",
    "categoryId",
    "price",
    "oldprice",
    "currencyId",
    "count",
)
FIELDS += ("picture", "weight", "barcode")
COLUMNS = ("id", *FIELDS)
COLUMNS_OF_OFFER: tuple[str, ...] = ("id", "supplier_id", "supplier_sku", "feed_id", "title", "description", "brand")
COLUMNS_OF_OFFER += ("mpn", "category")
COLUMNS_OF_OFFER += ("cost_minor", "currency", "weight_g", "electronic", "gtin", "picture_url", "picture_urls")
COLUMNS_OF_OFFER += ("attributes", "row_hash")
_UNITS = ("s", "cpu_s")
_WORDS = [
    "light",
    "steel",
    "soft",
    "warm",
    "quiet",
    "large",
    "small",
    "simple",
    "strong",
    "handy",
    "smooth",
    "fine",
    "travel",
    "kitchen",
    "garden",
    "office",
]


def written(path: Path, offers: int, *, date: str, changed: int = 0) -> Path:
    """A YML file of so many offers of some 1,100 bytes; every `changed`-th has another price (0: none has)."""
    with path.open("w", encoding="utf-8") as out:
        out.write(f'<?xml version="1.0" encoding="utf-8"?>\n<yml_catalog date="{date}"><shop><categories>')
        out.writelines(f'<category id="{at}">Category {at}</category>' for at in range(1, 201))
        out.write("</categories><offers>\n")
        for at in range(offers):
            out.write(_offer(at, 100 + at % 9_000 + (7 if changed and at % changed == 0 else 0)))
        out.write("</offers></shop></yml_catalog>\n")
    return path


def _offer(at: int, price: int) -> str:
    words = " ".join(_WORDS[(at * 7 + n * 3) % 16] for n in range(60))
    pictures = "".join(f"<picture>https://pictures.example/{at}/{n}.jpg</picture>" for n in range(2))
    return (
        f'<offer id="SKU-{at}" available="true"><name>Thing {at} {words[:40]}</name><price>{price}.90</price>'
        f"<oldprice>{price + 20}.00</oldprice><currencyId>EUR</currencyId><categoryId>{at % 200 + 1}</categoryId>"
        f"{pictures}<vendor>Vendor {at % 500}</vendor><vendorCode>V-{at}</vendorCode>"
        f"<weight>0.{at % 900 + 100}</weight>"
        f"<count>{at % 90 + 1}</count><barcode>{_gtin(at)}</barcode><description>{words}</description>"
        f'<param name="Color">{_WORDS[at % 16]}</param><param name="Size">{at % 40}</param></offer>\n'
    )


def _gtin(number: int) -> str:
    digits = f"{460000000000 + number}"
    return digits + str(-sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(digits)) % 10)


def bare(path: Path, url: str, feed_id: int) -> None:
    """Every offer's texts out of the XML and into a table without keys."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare ({', '.join(f'{name} text' for name in COLUMNS)})")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for texts, _, _ in _parsed(path):
                copy.write_row([texts.get(name) for name in COLUMNS])


def limit(path: Path, url: str, feed_id: int) -> None:
    """The rows that we leave, into the same tables with the same keys; taken from the XML as they stand."""
    stock, names, now = [], COLUMNS_OF_OFFER, "2026-11-20 09:00+00"
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        supplier_id = connection.execute("SELECT supplier_id FROM feed WHERE id = %s", (feed_id,)).fetchone()[0]  # type: ignore[index]
        with cursor.copy(f"COPY offer ({', '.join(names)}) FROM STDIN") as copy:
            for number, (texts, pictures, params) in enumerate(_parsed(path), 1):
                cost, weight = int(float(texts["price"]) * 100 + 0.5), int(float(texts["weight"]) * 1000 + 0.5)
                row = [texts.get(name) for name in ("name", "description", "vendor", "vendorCode", "categoryId")]
                row += [cost, texts["currencyId"], weight, False, texts["barcode"], pictures[0], pictures]
                digest = sha256(repr(row).encode()).digest()
                copy.write_row((number, supplier_id, texts["id"], feed_id, *row, json.dumps(params), digest))
                stock.append((number, int(texts["count"])))
        with cursor.copy("COPY stock (offer_id, on_hand, snapshot_at) FROM STDIN") as copy:
            for number, pieces in stock:
                copy.write_row((number, pieces, now))


def _parsed(path: Path) -> Iterator[tuple[dict[str, str], list[str], dict[str, str]]]:
    """Each offer's texts by tag, its pictures and its parameters."""
    with path.open("rb") as file:
        for _, offer in etree.iterparse(file, tag="offer"):
            texts, pictures, params = {"id": offer.get("id")}, [], {}
            for child in offer:
                if child.tag == "param":
                    params[child.get("name")] = child.text
                elif child.tag == "picture":
                    pictures.append(child.text)
                else:
                    texts[child.tag] = child.text
            yield texts, pictures, params
            offer.clear()
            while offer.getprevious() is not None:
                del offer.getparent()[0]


def ours(path: Path, feed_id: int) -> dict[str, Any]:
    """The run, as the command and the job do it, to its verdict."""
    from catalog.jobs.feeds import to_verdict
    from coalition.kernel import ports
    from coalition.ports import FileStore

    with path.open("rb") as content:
        ports.get(FileStore).put(f"uploads/{path.name}", content)
    return timed(lambda: to_verdict(transact(lambda: opened(path, feed_id)), transact))


def opened(path: Path, feed_id: int) -> int:
    """A run over the file."""
    return suppliers.open_run(feed_id, file_key=f"uploads/{path.name}").id


def shelves(feed_id: int) -> dict[str, Any]:
    """What follows the verdict: cards, rewards, prices."""
    from catalog.jobs.feeds import publish_feed

    return timed(lambda: transact(lambda: publish_feed(feed_id)))


def timed(work: Callable[[], Any]) -> dict[str, Any]:
    """The seconds that something takes, by the wall and of this process's CPU."""
    begun, own = time.perf_counter(), time.process_time()
    work()
    return {"s": time.perf_counter() - begun, "cpu_s": time.process_time() - own}


def worker(side: str, path: Path, url: str, feed_id: int) -> None:
    """One side in this process; prints what it took."""
    if side in ("bare", "limit"):
        found = timed(lambda: (bare if side == "bare" else limit)(path, url, feed_id))
    else:
        with house.application(dict(os.environ)):
            found = ours(path, feed_id) if side == "ours" else shelves(feed_id)
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    print(json.dumps({**found, "mb": int(peak[1]) // 1024 if peak else 0}))


class Bench:
    """One feed of one supplier on a fresh database."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self.ground = ground
        ground.fresh("ours")
        self.settings = house.environment(ground, folder)
        with house.application(self.settings):
            self.feed_id = transact(self._feed)

    @staticmethod
    def _feed() -> int:
        program = a_program("bench")
        a_category(program)
        return suppliers.create_feed(a_supplier(program).id, "bench").id

    def does(self, side: str, path: Path) -> Mapping[str, float]:
        """One side in a process of its own; `cpu_s` is that process's and the server's together."""
        command = [sys.executable, "-m", "tests.benchmarks.bench_feeds", "--worker", side, str(path)]
        command += ["--url", self.ground.owner_url, "--feed", str(self.feed_id)]
        environment, before = house.child_environment(self.settings), self.ground.cpu_s()
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        time.sleep(0.3)  # until the server has counted its ended backends
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return {**found, "cpu_s": found["cpu_s"] + self.ground.cpu_s() - before}

    def remember(self) -> None:
        """Where every offer lies now."""
        with self.ground.connect() as connection:
            connection.execute("DROP TABLE IF EXISTS lay")
            connection.execute("CREATE TABLE lay AS SELECT id, xmin::text AS x, ctid AS c FROM offer")

    def rewritten(self) -> int:
        """How many offers lie elsewhere than remembered."""
        with self.ground.connect() as connection:
            sql = "SELECT count(*) FROM lay JOIN offer o USING (id) WHERE (lay.x, lay.c) <> (o.xmin::text, o.ctid)"
            return int(connection.execute(sql).fetchone()[0])  # type: ignore[index]


def run(ground: Ground, offers: int, rounds: int, folder: Path) -> Iterator[Mapping[str, Any]]:
    """Every comparison, as it is done; a ratio is the limit's time through ours."""
    first = written(folder / "first.yml", offers, date="2026-11-20 09:00")
    other = written(folder / "other.yml", offers, date="2026-11-20 10:00")
    twentieth = written(folder / "twentieth.yml", offers, date="2026-11-20 11:00", changed=20)
    took: dict[str, list[Mapping[str, float]]] = {"bare": [], "limit": [], "ours": []}
    for _ in range(rounds):
        for side in took:
            bench = Bench(ground, folder)
            took[side].append(bench.does(side, first))
    times = {side: {unit: median(one[unit] for one in of) for unit in _UNITS} for side, of in took.items()}
    for side, name in (("bare", "lxml + COPY, no keys"), ("limit", "lxml + COPY, our tables")):
        ratios = {f"ratio_{unit}": times[side][unit] / times["ours"][unit] for unit in _UNITS}
        yield {"name": name, **took[side][-1], **ratios}
    yield {"name": "first import", **took["ours"][-1]}
    yield {"name": "  then its shelves", **bench.does("shelves", first)}
    for name, path in (("the same bytes", first), ("other bytes", other), ("5 % changed", twentieth)):
        bench.remember()
        yield {"name": name, **bench.does("ours", path), "rewritten": bench.rewritten()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--offers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--worker", nargs=2, metavar=("SIDE", "FILE"))
    parser.add_argument("--url", default="")
    parser.add_argument("--feed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.worker:
        worker(options.worker[0], Path(options.worker[1]), options.url, options.feed)
        return
    with prepared() as ground, TemporaryDirectory() as folder:
        for row in run(ground, options.offers, options.rounds, Path(folder)):
            if options.json:
                print(json.dumps(row))
                continue
            more = f"  ratio {row['ratio_s']:.2f} (cpu {row['ratio_cpu_s']:.2f})" if "ratio_s" in row else ""
            more += f"  {row['rewritten']:,} offers rewritten" if "rewritten" in row else ""
            speed = f"{row['s']:7.1f} s {row['cpu_s']:7.1f} s cpu {options.offers / row['s']:9,.0f} offers/s"
            print(f"{row['name']:20} {speed} {row['mb']:5} MB{more}", flush=True)


if __name__ == "__main__":
    main()
