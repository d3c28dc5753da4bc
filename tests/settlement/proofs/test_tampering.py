"""A bundle in which anything was changed is rejected, and what was changed is named: tried at random."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path

import pytest

from settlement.proofs.verifier import archive
from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.verifying import verify
from tests.settlement.builders import Coalition
from tests.settlement.proofs import forging
from tests.settlement.proofs.conftest import bundle, prove

ROUNDS = int(os.environ.get("TAMPERINGS", "1000"))
_made: list[bytes] = []


@pytest.fixture
def stated(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A bundle with points of both kinds, which is neither the first nor the last in its tree; made once."""
    if not _made:
        coalition: Coalition = request.getfixturevalue("coalition")
        closed = coalition.close("2026-05")
        prove()
        _made.append(bundle(closed.statements[1], tmp_path).read_bytes())
    path = tmp_path / "stated.zip"
    path.write_bytes(_made[0])
    return path


def found(members: dict[str, bytes], path: Path) -> Difference | None:
    try:
        verify(forging.packed(members, path))
    except Difference as difference:
        return difference
    return None


def test_one_byte_of_any_record_is_found_and_its_line_named(stated: Path, tmp_path: Path) -> None:
    whole, pick, forged = forging.opened(stated), random.Random(5), tmp_path / "forged.zip"
    names = [name for name in archive.RECORDS if whole[name]]
    assert found(whole, forged) is None

    for round_no in range(ROUNDS):
        name = names[round_no % len(names)]
        content = bytearray(whole[name])
        at = pick.randrange(len(content))
        content[at] ^= pick.randint(1, 255)
        tampered = {**whole, name: bytes(content)}
        if round_no % 2:
            tampered = forging.with_manifest(tampered)

        difference = found(tampered, forged)

        assert difference is not None, (name, at)
        line = whole[name].count(b"\n", 0, at) + 1
        assert (difference.member, difference.line) == (name, line), (at, str(difference))


def test_a_price_a_rate_or_an_amount_is_found_by_arithmetic_where_every_hash_was_renewed(
    stated: Path, tmp_path: Path
) -> None:
    whole, forged = forging.opened(stated), tmp_path / "forged.zip"
    changes = [
        (archive.ENTRIES, rb'"price":"0.0015"', rb'"price":"0.0016"', "price_differs"),
        (archive.ENTRIES, rb'"points":400,', rb'"points":401,', "amount_differs"),
        (archive.ENTRIES, rb'"amount":"-', rb'"amount":"-1', "amount_differs"),
        (archive.AGREEMENTS, rb'"issue_price":"0.006"', rb'"issue_price":"0.005"', "price_differs"),
        (archive.AGREEMENTS, rb'"vat_rate":"0.21"', rb'"vat_rate":"0.2"', "vat_rate_differs"),
        (archive.LINES, rb'"net":', rb'"net":1', "net_differs"),
        (archive.DOCUMENTS, rb'"vat":', rb'"vat":1', "vat_differs"),
        (archive.DOCUMENTS, rb'"gross":', rb'"gross":1', "gross_differs"),
        (archive.HEAD, rb'"position":(-?)', rb'"position":\g<1>1', "position_differs"),
        (archive.HEAD, rb'"amount":(-?)(?=[0-9])', rb'"amount":\g<1>1', "amount_differs"),
    ]

    for name, old, new, code in changes:
        tampered = {**whole, name: re.sub(old, new, whole[name], count=1)}
        assert tampered != whole, (name, old)
        difference = found(forging.with_manifest(forging.with_leaves(tampered)), forged)
        assert difference is not None and difference.code == code, (name, old, str(difference))
        assert difference.line


def test_a_line_left_out_added_or_moved_is_found(stated: Path, tmp_path: Path) -> None:
    whole, forged = forging.opened(stated), tmp_path / "forged.zip"
    lines = whole[archive.ENTRIES].splitlines(keepends=True)
    other = [
        lines[:3] + lines[4:],
        [*lines[:3], lines[3], *lines[3:]],
        [lines[1], lines[0], *lines[2:]],
        lines[:-1],
        [],
    ]

    for changed in other:
        tampered = {**whole, archive.ENTRIES: b"".join(changed)}
        assert found(tampered, forged) is not None
        assert found(forging.with_manifest(tampered), forged) is not None
        difference = found(forging.with_manifest(forging.with_leaves(tampered)), forged)
        assert difference is not None


def test_a_forgery_that_adds_up_is_not_in_the_signed_tree(stated: Path, tmp_path: Path) -> None:
    whole, forged = forging.opened(stated), tmp_path / "forged.zip"
    tampered = {**whole, archive.ENTRIES: whole[archive.ENTRIES].replace(b'"reference":"key-', b'"reference":"kez-')}

    difference = found(forging.with_manifest(forging.with_leaves(tampered)), forged)

    assert difference is not None and (difference.member, difference.code) == (archive.CHECKPOINT, "root_differs")


def test_one_bit_of_the_file_itself_is_found_unless_all_of_it_still_unpacks_to_the_same(
    stated: Path, tmp_path: Path
) -> None:
    whole, pick, forged = stated.read_bytes(), random.Random(7), tmp_path / "forged.zip"
    members, unfound = forging.opened(stated), 0

    for _ in range(ROUNDS // 2):
        changed = bytearray(whole)
        changed[pick.randrange(len(changed))] ^= 1 << pick.randrange(8)
        forged.write_bytes(changed)
        try:
            verify(forged)
        except Difference:
            continue
        unfound += 1  # Deflate has more than one way to say the same
        assert forging.opened(forged) == members

    assert unfound < ROUNDS // 20


def test_a_field_of_any_other_type_gets_a_clear_answer_where_every_hash_was_renewed(
    stated: Path, tmp_path: Path
) -> None:
    whole, forged = forging.opened(stated), tmp_path / "forged.zip"
    found_wrong = 0

    for name in archive.RECORDS:
        first, *others = whole[name].splitlines() or [b"{}"]
        for field in json.loads(first):
            for wrong in (None, True, 2**70, 1.5, "\ud800", []):
                changed = json.dumps({**json.loads(first), field: wrong}).encode()
                tampered = {**whole, name: b"\n".join([changed, *others, b""])}
                found_wrong += found(forging.with_manifest(forging.with_leaves(tampered)), forged) is not None

    assert found_wrong > 200
