"""Seeded faults: what goes wrong is a function of the seed, our reference, the step, and how often it came.

So the same story with the same seed goes wrong in the same way whatever the threads do, and a repetition draws anew.
A test that wants one fault for certain asks for it by name (`POST /control/next`); a campaign sets a rate for each
(`PUT /control/faults`): `{"seed": 7, "rates": {"timeout": 0.05, "pending_fail": 0.02}}`. Every rate is 0 at first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from integrations.simulator.book import Book

BEFORE = ("unavailable", "timeout_before", "error_before")  # nothing has happened
AFTER = ("timeout", "error_after_accept")  # it has happened, and we are not told
LATER = ("pending", "pending_fail")  # 202, and then it comes to something, or to nothing
NEWS = ("news_twice", "news_late", "news_lost", "news_first")
REST = ("reject", "price_change", "hold_short", "cancel_refused", "half", "wrong_qty")
FAULTS = (*BEFORE, *AFTER, *LATER, *NEWS, *REST)
_RATE = "rate:"


def draw(book: Book, supplier: str, ref: str, step: str) -> frozenset[str]:
    """What goes wrong with this request; inside a deed, so that a killed simulator draws the same again."""
    book.write(
        "INSERT INTO drawn VALUES (:ref, :step, 1) ON CONFLICT (ref, step) DO UPDATE SET times = times + 1",
        ref=ref,
        step=step,
    )
    known = book.row("SELECT times FROM drawn WHERE ref = :ref AND step = :step", ref=ref, step=step)
    times, seed = known["times"] if known else 1, book.setting("seed", "0")
    rates = {row["name"]: float(row["value"]) for row in book.rows("SELECT * FROM setting WHERE name LIKE 'rate:%'")}
    by_chance = (fault for fault in FAULTS if _chance(seed, fault, ref, step, times) < rates.get(_RATE + fault, 0.0))
    return frozenset((*by_chance, *_wished(book, supplier, step)))


def set_rates(book: Book, wanted: Mapping[str, Any]) -> str | None:
    """Take over a campaign's seed and rates; the name of a fault that does not exist."""
    rates: Mapping[str, Any] = wanted.get("rates", {})
    unknown = next((name for name in rates if name not in FAULTS), None)
    if unknown is None:
        book.set(**{f"{_RATE}{name}": float(rate) for name, rate in rates.items()})
        book.set(**{name: wanted[name] for name in ("seed", "max_rps", "always_201", "hold_s") if name in wanted})
    return unknown


def _chance(seed: str, fault: str, ref: str, step: str, times: int) -> float:
    digest = hashlib.sha256(f"{seed}|{fault}|{ref}|{step}|{times}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _wished(book: Book, supplier: str, step: str) -> list[str]:
    """The fault that a test wants now, if any; `code` may name the step that it is meant for."""
    found = book.row(
        "SELECT * FROM whim WHERE times > 0 AND (supplier IS NULL OR supplier = :s) AND (code = '' OR code = :step)"
        " ORDER BY id LIMIT 1",
        s=supplier,
        step=step,
    )
    if found is None:
        return []
    book.write("UPDATE whim SET times = times - 1 WHERE id = :id", id=found["id"])
    return [str(found["answer"])]
