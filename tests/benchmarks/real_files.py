"""The real baskets as registry files: `python -m tests.benchmarks.real_files FOLDER [--receipts N] [--partners N]`.

One file for each partner, stores dealt by their number, in the order of time. A process of its own, because
the data set takes a gigabyte of memory that no measured process may inherit. Prints what the files name, as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.house import ZONE


def main() -> None:
    """Write `0.ndjson`, `1.ndjson` and so on into the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--receipts", type=int)
    parser.add_argument("--partners", type=int, default=2)
    options = parser.parse_args()
    try:
        print(json.dumps(_write(options.folder, options.receipts, options.partners)))
    except ImportError:
        sys.exit("the real baskets are missing: pip install --require-hashes -r requirements-real.lock")


def _write(folder: Path, receipts: int | None, partners: int) -> dict[str, list[Any]]:
    from integrations.demo.baskets import baskets

    outlets: list[set[str]] = [set() for _ in range(partners)]
    cards: set[str] = set()
    files = [(folder / f"{number}.ndjson").open("w", encoding="utf-8") for number in range(partners)]
    for basket in baskets(receipts, ZONE):
        at, outlet, card = basket.store % partners, f"ST{basket.store}", f"98440000{basket.household:08}"
        outlets[at].add(outlet)
        cards.add(card)
        receipt = {
            "external_id": str(basket.id),
            "occurred_at": basket.occurred_at.isoformat(),
            "outlet": outlet,
            "member": {"kind": "card", "value": card},
            "currency": "EUR",
            "channel": "pos",
            "lines": basket.lines,
        }
        files[at].write(json.dumps(receipt, ensure_ascii=False) + "\n")
    for file in files:
        file.close()
    return {"outlets": [sorted(codes) for codes in outlets], "cards": sorted(cards)}


if __name__ == "__main__":
    main()
