"""Bundles recomputed by an independent script: the same lines, documents and positions, or it says what differs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from tests.settlement.builders import Coalition, on_issue
from tests.settlement.proofs.conftest import MAY, bundle, prove
from tests.settlement.recompute import recompute


@pytest.fixture
def bundles(coalition: Coalition, tmp_path: Path) -> list[Path]:
    closed = coalition.close("2026-05")
    prove()
    return [bundle(one, tmp_path) for one in closed.statements]


def test_other_means_come_to_the_same_cents_and_all_positions_to_nothing(bundles: list[Path]) -> None:
    told = [recompute(one) for one in bundles]

    assert [differences for differences, _ in told] == [[]] * len(bundles)
    assert sum(position for _, position in told) == 0
    assert any(position for _, position in told)


@pytest.mark.parametrize(("member", "field"), [("entries", "points"), ("lines", "net"), ("documents", "vat")])
def test_what_was_changed_is_found_by_other_means_too(bundles: list[Path], member: str, field: str) -> None:
    changed = bundles[0].with_name("changed.zip")
    with zipfile.ZipFile(bundles[0]) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == f"{member}.jsonl":
                first, _, rest = content.partition(b"\n")
                record = json.loads(first)
                content = json.dumps({**record, field: record[field] + 1}).encode() + b"\n" + rest
            target.writestr(name, content)

    differences, _ = recompute(changed)

    assert differences


def test_half_a_cent_is_rounded_up_by_other_means_as_well(live: Flask, tmp_path: Path) -> None:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.001"))
    coalition.issue(20_025, MAY, {"A": 1})
    closed = coalition.close("2026-05")
    prove()

    told = [recompute(bundle(one, tmp_path)) for one in closed.statements]

    assert sorted(told) == [([], -2003), ([], 2003)]
