"""Witnesses: a partner signs a head whose history it has seen to be one, in the form of C2SP cosignatures.

A witness's key belongs to a partner and is given once. Its signature is verified before it is kept, and travels with
the checkpoint from then on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, Invalid
from settlement.proofs import growing, signing
from settlement.proofs.growing import Head
from settlement.proofs.verifier import notes
from settlement.proofs.verifier.notes import COSIGNATURE, Key, Malformed, Signature, parse_checkpoint

_MOST = 1000
_AHEAD = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Witness:
    """A partner's key as a witness."""

    id: int
    program_id: int
    partner_id: int
    key: Key


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's signature under a head."""

    head_id: int
    size: int
    witness: Witness
    signed_at: dt.datetime
    signature: Signature


def add_witness(program_id: int, partner_id: int, vkey: str) -> Witness:
    """Take a partner's key (`name+id+Base64`, of kind 4). The same again is fine. Raises Invalid, Conflict."""
    try:
        key = notes.parse_key(vkey)
    except Malformed as error:
        raise Invalid("bad_key", f"The key cannot be read: {error}.") from None
    if key.kind != COSIGNATURE or key.name in {one.name for one in signing.keys(program_id)}:
        raise Invalid("bad_key", "A witness's key is of kind 4, and its name is not the log's.")
    params = {"program": program_id, "partner": partner_id, "name": key.name, "public": key.public}
    added = execute(
        "INSERT INTO proof_witness (program_id, partner_id, name, public_key)"
        " VALUES (:program, :partner, :name, :public) ON CONFLICT DO NOTHING",
        params,
    )
    row = fetch_one(
        "SELECT id FROM proof_witness WHERE program_id = :program AND partner_id = :partner AND name = :name"
        " AND public_key = :public",
        params,
    )
    if row is None:
        raise Conflict("witness_known", "This name or this key is another witness's.")
    if added:
        audit.record("proofs.witness", f"partner:{partner_id}", key=vkey.strip())
    return Witness(row.id, program_id, partner_id, key)


def witnesses(program_id: int, partner_id: int | None = None) -> list[Witness]:
    """The witnesses of a program, or those of one partner."""
    rows = fetch_all(
        "SELECT id, program_id, partner_id, name, public_key FROM proof_witness WHERE program_id = :program"
        f" AND (CAST(:partner AS int) IS NULL OR partner_id = :partner) ORDER BY id LIMIT {_MOST}",
        {"program": program_id, "partner": partner_id},
    )
    return [
        Witness(row.id, row.program_id, row.partner_id, Key(row.name, COSIGNATURE, bytes(row.public_key)))
        for row in rows
    ]


def cosign(program_id: int, partner_id: int, note: str) -> Cosigned:
    """Keep the signatures of a partner's witnesses under a head: `note` is the checkpoint with their lines added.

    The same again is fine. Raises Invalid for a checkpoint that we have not signed, or a signature that is not good.
    """
    try:
        given = parse_checkpoint(note)
    except Malformed as error:
        raise Invalid("bad_checkpoint", f"The checkpoint cannot be read: {error}.") from None
    head = next((one for one in growing.heads(program_id) if one.size == given.size), None)
    if head is None or parse_checkpoint(head.checkpoint).body != given.body:
        raise Invalid("unknown_checkpoint", "We have signed no such checkpoint. If you hold one, keep it as evidence.")
    for witness in witnesses(program_id, partner_id):
        for line in given.signatures:
            if (line.name, line.key_id) == (witness.key.name, witness.key.id):
                return _keep(head, given, witness, line)
    raise Invalid("no_signature", "The checkpoint bears no signature of a witness of yours; give its key first.")


def cosignatures(head_ids: list[int]) -> dict[int, list[Cosigned]]:
    """The witnesses' signatures under these heads, by head."""
    rows = fetch_all(
        "SELECT c.head_id, h.size, c.signed_at, c.signature, w.id, w.program_id, w.partner_id, w.name, w.public_key"
        "  FROM proof_cosignature c JOIN proof_witness w ON w.id = c.witness_id JOIN proof_head h ON h.id = c.head_id"
        f" WHERE c.head_id = ANY(:ids) ORDER BY c.head_id, w.id LIMIT {_MOST}",
        {"ids": head_ids},
    )
    found: dict[int, list[Cosigned]] = {}
    for row in rows:
        witness = Witness(row.id, row.program_id, row.partner_id, Key(row.name, COSIGNATURE, bytes(row.public_key)))
        line = Signature(row.name, witness.key.id, bytes(row.signature))
        found.setdefault(row.head_id, []).append(Cosigned(row.head_id, row.size, witness, row.signed_at, line))
    return found


def witnessed(head: Head) -> str:
    """The checkpoint of a head with all signatures that it bears by now."""
    return head.checkpoint + "".join(str(one.signature) for one in cosignatures([head.id]).get(head.id, ()))


def _keep(head: Head, given: notes.Checkpoint, witness: Witness, line: Signature) -> Cosigned:
    at = notes.cosigned_at(line)
    latest = int((clock.now() + _AHEAD).timestamp())
    if len(line.value) != 72 or not 0 < at <= latest or not notes.signed_by(given, witness.key):
        raise Invalid("bad_signature", "The signature under the checkpoint is not good, or of a time that lies ahead.")
    signed_at = dt.datetime.fromtimestamp(at, dt.UTC)
    execute(
        "INSERT INTO proof_cosignature (head_id, witness_id, signed_at, signature)"
        " VALUES (:head, :witness, :at, :signature) ON CONFLICT DO NOTHING",
        {"head": head.id, "witness": witness.id, "at": signed_at, "signature": line.value},
    )
    audit.record("proofs.cosign", f"program:{head.program_id}", size=head.size, witness=witness.key.name)
    return Cosigned(head.id, head.size, witness, signed_at, line)
