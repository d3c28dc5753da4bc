"""The key of a program's tree: Ed25519, made when it is first needed, sealed before it touches the database.

The newest key signs. Older ones stay readable for ever, so that what they signed can be verified; none can be changed
or removed by the application.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coalition import programs
from coalition.kernel import audit, config, sealing
from coalition.kernel.db import fetch_all, fetch_one
from settlement.proofs.verifier import notes
from settlement.proofs.verifier.notes import ED25519, Key, Signature

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that can sign; `id` is that of its row, `key` what others verify with."""

    id: int
    key: Key
    private: Ed25519PrivateKey

    def checkpoint(self, size: int, root: bytes) -> str:
        """The signed checkpoint of a tree."""
        body = notes.body_of(self.key.name, size, root)
        return f"{body}\n{Signature(self.key.name, self.key.id, self.private.sign(body.encode()))}"


def signer(program_id: int) -> Signer:
    """The key that signs a program's tree now; the first one is made here."""
    row = fetch_one(
        "SELECT id, name, public_key, sealed FROM proof_key WHERE program_id = :program ORDER BY id DESC LIMIT 1",
        {"program": program_id},
    )
    if row is None:
        return renew(program_id)
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sealing.unseal(row.sealed)))
    return Signer(row.id, Key(row.name, ED25519, bytes(row.public_key)), private)


def renew(program_id: int) -> Signer:
    """A new key, which signs from now on under the tree's one name. Partners have to be told of it."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    known = keys(program_id)
    host = urlsplit(config.current().base_url).netloc
    name = known[0].name if known else f"{host}/settlement/{programs.get(program_id).code}"
    row = fetch_one(
        "INSERT INTO proof_key (program_id, name, public_key, sealed)"
        " VALUES (:program, :name, :public, :sealed) RETURNING id",
        {
            "program": program_id,
            "name": name,
            "public": public,
            "sealed": sealing.seal(private.private_bytes_raw().hex()),
        },
    )
    assert row is not None
    key = Key(name, ED25519, public)
    audit.record("proofs.key", f"program:{program_id}", key=str(key))
    return Signer(row.id, key, private)


def keys(program_id: int) -> list[Key]:
    """The public keys that have signed a program's tree, the first one first."""
    rows = fetch_all(
        f"SELECT name, public_key FROM proof_key WHERE program_id = :program ORDER BY id LIMIT {_MOST}",
        {"program": program_id},
    )
    return [Key(row.name, ED25519, bytes(row.public_key)) for row in rows]
