"""Witnesses: a partner's signature under a head is kept if it is good, and travels with the checkpoint."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coalition.kernel.clock import now
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid
from settlement import proofs
from settlement.proofs.verifier import notes
from settlement.proofs.verifier.notes import COSIGNATURE, ED25519, Key, Signature, parse_checkpoint, signed_by
from tests.settlement.builders import Coalition
from tests.settlement.proofs.conftest import prove


@dataclass
class Partner:
    """A partner's own tool: it keeps a key, and signs as tlog-cosignature says."""

    private: Ed25519PrivateKey
    key: Key

    @classmethod
    def made(cls, name: str, kind: int = COSIGNATURE) -> Partner:
        private = Ed25519PrivateKey.generate()
        return cls(private, Key(name, kind, private.public_key().public_bytes_raw()))

    def cosigned(self, checkpoint: str, at: dt.datetime | None = None, text: str | None = None) -> str:
        time = int((at or now()).timestamp())
        body = parse_checkpoint(checkpoint).body
        value = self.private.sign(notes.cosigned_text(text or body, time))
        return checkpoint + str(Signature(self.key.name, self.key.id, time.to_bytes(8, "big") + value))


def test_a_good_signature_is_kept_and_stands_in_every_later_proof(coalition: Coalition) -> None:
    closed = coalition.close("2026-05")
    prove()
    program_id, partner_id = coalition.program.id, coalition.partners["A"]
    witness, head = Partner.made("a.test/witness"), transact(lambda: proofs.latest(program_id))
    transact(lambda: proofs.add_witness(program_id, partner_id, str(witness.key)))

    for _ in range(2):
        note = witness.cosigned(head.checkpoint)
        found = transact(lambda note=note: proofs.cosign(program_id, partner_id, note))

    assert (found.size, found.witness.key) == (head.size, witness.key)
    text = transact(lambda: proofs.witnessed(head))
    assert len(parse_checkpoint(text).signatures) == 2
    assert signed_by(parse_checkpoint(text), witness.key)
    assert text in transact(lambda: proofs.inclusion(closed.statements[0], 1))


def test_what_is_not_a_witness_signature_of_ours_is_refused(coalition: Coalition) -> None:
    coalition.close("2026-05")
    prove()
    program_id, a, b = coalition.program.id, coalition.partners["A"], coalition.partners["B"]
    witness, stranger = Partner.made("a.test/witness"), Partner.made("b.test/witness")
    note = transact(lambda: proofs.latest(program_id)).checkpoint
    transact(lambda: proofs.add_witness(program_id, a, str(witness.key)))
    another = note.replace("\n", "2\n", 1) if "\n" in note else note
    tomorrow = now() + dt.timedelta(days=1)

    refusals = {
        "bad_checkpoint": "rubbish",
        "no_signature": stranger.cosigned(note),
        "bad_signature": witness.cosigned(note, text="another text\n"),
        "unknown_checkpoint": witness.cosigned(another),
    }
    for code, given in refusals.items():
        with pytest.raises(Invalid, match=code):
            transact(lambda given=given: proofs.cosign(program_id, a, given))
    with pytest.raises(Invalid, match="bad_signature"):
        transact(lambda: proofs.cosign(program_id, a, witness.cosigned(note, at=tomorrow)))
    with pytest.raises(Invalid, match="no_signature"):
        transact(lambda: proofs.cosign(program_id, b, witness.cosigned(note)))


def test_a_witness_has_a_key_of_its_own(coalition: Coalition) -> None:
    coalition.close("2026-05")
    prove()
    program_id, a, b = coalition.program.id, coalition.partners["A"], coalition.partners["B"]
    witness = Partner.made("a.test/witness")
    transact(lambda: proofs.add_witness(program_id, a, str(witness.key)))
    log = transact(lambda: proofs.keys(program_id))[0]

    assert transact(lambda: proofs.add_witness(program_id, a, str(witness.key))).key == witness.key
    with pytest.raises(Conflict, match="witness_known"):
        transact(lambda: proofs.add_witness(program_id, b, str(witness.key)))
    for bad in ("", "x", str(log), str(Key("a.test/w", ED25519, witness.key.public)), str(witness.key)[:-2] + "A="):
        with pytest.raises(Invalid, match="bad_key"):
            transact(lambda bad=bad: proofs.add_witness(program_id, a, bad))


def test_a_new_key_signs_from_then_on_and_the_old_one_stays_known(coalition: Coalition) -> None:
    coalition.close("2026-05")
    prove()
    program_id = coalition.program.id
    first = transact(lambda: proofs.latest(program_id))

    transact(lambda: proofs.renew(program_id))
    coalition.close("2026-06")
    prove()

    old, new = transact(lambda: proofs.keys(program_id))
    second = parse_checkpoint(transact(lambda: proofs.latest(program_id)).checkpoint)
    assert old.name == new.name
    assert signed_by(parse_checkpoint(first.checkpoint), old) and not signed_by(second, old)
    assert signed_by(second, new)
