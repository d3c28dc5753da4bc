"""A rewritten history is found by whoever kept one checkpoint: deleted, reordered, replaced, cut off, two-faced."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import connect

from coalition.kernel.config import current
from coalition.kernel.db import transact
from settlement import proofs
from settlement.proofs.verifier import merkle, notes
from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.history import Kept, consistent
from settlement.proofs.verifier.merkle import Frontier, leaf_hash
from settlement.proofs.verifier.notes import ED25519, Checkpoint, Key, Signature, parse_checkpoint, signed_by
from settlement.proofs.verifier.verifying import verify
from tests.settlement.builders import Coalition
from tests.settlement.proofs import independent
from tests.settlement.proofs.conftest import JUNE, a_month, bundle, prove

ROUNDS = int(os.environ.get("FORGERIES", "1000"))
Records = list[bytes]
PRIVATE = Ed25519PrivateKey.generate()
KEY = Key("operator.test/log", ED25519, PRIVATE.public_key().public_bytes_raw())


def signed(records: Sequence[bytes]) -> Checkpoint:
    """What the operator signs: the forger has the true key."""
    body = notes.body_of(KEY.name, len(records), root(records))
    return parse_checkpoint(f"{body}\n{Signature(KEY.name, KEY.id, PRIVATE.sign(body.encode()))}")


def root(records: Sequence[bytes]) -> bytes:
    tree = Frontier()
    for record in records:
        tree.append(leaf_hash(record))
    return tree.root()


def path(records: Sequence[bytes], old: int) -> list[bytes]:
    return [root(records[slice(*span)]) for span in merkle.consistency_spans(old, len(records))]


def deleted(old: Records, new: Records, pick: random.Random) -> Records:
    at = pick.randrange(len(old))
    return old[:at] + old[at + 1 :] + new


def reordered(old: Records, new: Records, pick: random.Random) -> Records:
    one, other = pick.sample(range(len(old)), 2)
    changed = [*old, *new]
    changed[one], changed[other] = changed[other], changed[one]
    return changed


def replaced(old: Records, new: Records, pick: random.Random) -> Records:
    at = pick.randrange(len(old))
    return [*old[:at], old[at] + b"'", *old[at + 1 :], *new]


def truncated(old: Records, new: Records, pick: random.Random) -> Records:
    return old[: pick.randrange(1, len(old))] + new[: pick.randrange(len(new) + 1)]


def two_faced(old: Records, new: Records, pick: random.Random) -> Records:
    """Of the same size as what another was shown, and another."""
    at = pick.randrange(len(old))
    return [*old[:at], b"for your eyes only", *old[at + 1 :]]


FORGERIES: list[Callable[[Records, Records, random.Random], Records]] = [
    deleted,
    reordered,
    replaced,
    truncated,
    two_faced,
]


def test_every_forged_history_is_found_from_one_checkpoint_that_was_kept() -> None:
    pick, tried = random.Random(9162), 0

    for round_no in range(ROUNDS):
        old = [f"{round_no} {no}".encode() for no in range(pick.randint(2, 40))]
        new = [f"{round_no} later {no}".encode() for no in range(pick.randint(1, 20))]
        kept, honest = signed(old), signed([*old, *new])
        assert consistent(kept, honest, path([*old, *new], len(old)))

        forged = FORGERIES[round_no % len(FORGERIES)](old, new, pick)
        shown = signed(forged)

        assert signed_by(shown, KEY)
        assert shown.root != honest.root
        for proof in (path(forged, len(old)), path([*old, *new], len(old)), [kept.root], []):
            assert not consistent(kept, shown, proof), (round_no, FORGERIES[round_no % len(FORGERIES)].__name__)
        theirs = independent.tree_of(forged)
        smaller = min(len(old), len(forged))
        assert not independent.grew(theirs, smaller, kept.root, len(forged), shown.root)
        tried += 1

    assert tried == ROUNDS


@pytest.mark.parametrize("crime", ["replaced", "two faces"])
def test_a_bundle_of_a_later_close_shows_what_was_done_to_the_earlier_one(
    coalition: Coalition, tmp_path: Path, crime: str
) -> None:
    coalition.close("2026-05")
    prove()
    kept = transact(lambda: proofs.latest(coalition.program.id)).checkpoint
    a_month(coalition, JUNE)
    june = coalition.close("2026-06")
    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        if crime == "replaced":  # one hash of May, in every tile in which it stands
            owner.execute("UPDATE proof_tile SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)")
        else:  # all of it written and signed anew, over statements that say something else
            owner.execute("UPDATE statement SET issued_at = issued_at + interval '1 second'")
            for table in ("statement_bundle", "proof_span", "proof_head", "proof_tile"):
                owner.execute(f"DELETE FROM {table}".encode())
    prove()

    with pytest.raises(Difference) as found:
        verify(bundle(june.statements[0], tmp_path), None, Kept(kept, ""))

    assert found.value.code in ("rewritten", "root_differs", "two_faces")


def test_a_checkpoint_kept_for_long_is_compared_by_the_consistency_proof(coalition: Coalition, tmp_path: Path) -> None:
    coalition.close("2026-05")
    prove()
    kept = transact(lambda: proofs.latest(coalition.program.id))
    for code, day in (("2026-06", JUNE), ("2026-07", JUNE.replace(month=7))):
        a_month(coalition, day)
        july = coalition.close(code)
        prove()
    latest = bundle(july.statements[0], tmp_path)
    size = verify(latest).tree.size

    with pytest.raises(Difference, match=f"trees of {kept.size} and of {size}"):
        verify(latest, None, Kept(kept.checkpoint))
    growth = transact(lambda: proofs.consistency(coalition.program.id, kept.size, size)).text

    assert verify(latest, None, Kept(kept.checkpoint, growth)).tree.size == size
    with pytest.raises(Difference, match="history was rewritten"):
        lines = growth.split("\n")
        verify(latest, None, Kept(kept.checkpoint, "\n".join([*lines[:3], notes.encode(bytes(32)), *lines[4:]])))
