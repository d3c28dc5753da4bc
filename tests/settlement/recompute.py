"""A statement recomputed from its bundle by other means: `python -m tests.settlement.recompute FILE ...` (DuckDB).

It shares nothing with the product, not even the verifier: SQL over the entries, with its own rounding and its own idea
of which document a charge belongs to. Exits 1 if a line, a document or a position is another than the bundle says.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import duckdb

_READ = """
    CREATE TABLE {name} AS SELECT *
      FROM read_json('{folder}/{name}.jsonl', format = 'newline_delimited', columns = {columns})"""
_COLUMNS = {
    "entries": {
        "charge": "VARCHAR",
        "agreement": "BIGINT",
        "currency": "BIGINT",
        "kind": "VARCHAR",
        "points": "BIGINT",
        "price": "DECIMAL(14,12)",
        "amount": "DECIMAL(30,12)",
    },
    "lines": {
        "document": "INT",
        "charge": "VARCHAR",
        "agreement": "BIGINT",
        "currency": "BIGINT",
        "quantity": "BIGINT",
        "price": "DECIMAL(14,12)",
        "net": "BIGINT",
    },
    "documents": {
        "document": "INT",
        "kind": "VARCHAR",
        "sign": "INT",
        "vat_rate": "DECIMAL(9,6)",
        "net": "BIGINT",
        "vat": "BIGINT",
        "gross": "BIGINT",
    },
}
# Lines that are points at a price, and lines that are money as it stands; whole numbers alone, prices in 10^-12.
_ROUNDED = "(sign(x) * ((2 * abs(x) + one) // (2 * one)))::BIGINT"
_OURS = f"""
    SELECT charge, agreement, currency, price, quantity, {_ROUNDED} AS net FROM (
        SELECT e.charge, e.agreement, e.currency, e.price, sum(e.points)::BIGINT AS quantity,
               sum(e.points)::HUGEINT * (e.price * 1000000000000)::HUGEINT * m.unit AS x,
               1000000000000::HUGEINT * c.unit AS one
          FROM entries e JOIN currencies c USING (currency), money m
         GROUP BY e.charge, e.agreement, e.currency, e.price, c.unit, m.unit)
    UNION ALL
    SELECT charge, agreement, NULL, NULL, sum(points)::BIGINT, (sum(amount) * m.unit)::BIGINT
      FROM entries, money m WHERE currency IS NULL GROUP BY charge, agreement, m.unit"""


def recompute(file: Path) -> tuple[list[str], int]:
    """What differs between a bundle and its own entries, and the position that the entries come to (minor units)."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file) as bundle, duckdb.connect() as db:
        bundle.extractall(folder)
        head = json.loads(bundle.read("head.json"))
        for name, columns in _COLUMNS.items():
            db.execute(_READ.format(name=name, folder=folder, columns=json.dumps(columns)))
        db.execute("CREATE TABLE money AS SELECT ?::INT AS unit", [10 ** head["currency_decimals"]])
        db.execute("CREATE TABLE currencies (currency BIGINT, unit INT)")
        for number, one in head["currencies"].items():
            db.execute("INSERT INTO currencies VALUES (?, ?)", [int(number), 10 ** one["decimals"]])
        return _compared(db, head)


def _compared(db: Any, head: dict[str, Any]) -> tuple[list[str], int]:
    found = []
    if not head["is_operator"]:
        theirs = "SELECT charge, agreement, currency, price, quantity, net FROM lines"
        for one, other, what in ((_OURS, theirs, "is missing"), (theirs, _OURS, "does not follow")):
            found += [f"line {row} {what}" for row in db.execute(f"({one}) EXCEPT ALL ({other})").fetchall()]
    wrong = """
        SELECT d.document FROM documents d LEFT JOIN lines l USING (document)
         GROUP BY d.document, d.net, d.vat, d.gross, d.vat_rate
        HAVING d.net <> coalesce(sum(l.net), 0) OR d.vat <> round(d.net::DECIMAL(20,0) * d.vat_rate)
            OR d.gross <> d.net + d.vat"""
    found += [f"document {number} does not add up" for (number,) in db.execute(wrong).fetchall()]
    (position,) = db.execute("SELECT coalesce(sum(sign * gross), 0)::BIGINT FROM documents").fetchone()
    if position != head["position"]:
        found.append(f"the position is {position}, not {head['position']}")
    return found, int(position)


if __name__ == "__main__":
    told = {name: recompute(Path(name)) for name in sys.argv[1:]}
    for name, (differences, position) in told.items():
        print(f"{name}: {position} {'; '.join(differences) or 'agrees'}")
    sys.exit(any(differences for differences, _ in told.values()))
