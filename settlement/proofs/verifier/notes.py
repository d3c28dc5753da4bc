"""Signed notes, checkpoints, keys and proofs as texts, in the forms of C2SP (signed-note, tlog-checkpoint, tlog-proof).

Pure, and of the standard library alone but for the signature itself, which needs the package `cryptography`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

ED25519, COSIGNATURE = 1, 4
PROOF_HEAD = "c2sp.org/tlog-proof@v1"
GROWTH_HEAD = "coalition-consistency@v1"
_MOST = 64 * 1024
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+]{1,200}")
_TIMESTAMP = 8


class Malformed(ValueError):
    """The text is no note, key or proof; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Key:
    """A verifier key: who signs, with what (`kind`: 1 a log, 4 a witness), and the 32 bytes of the public key."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which signatures name the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note; a witness's `value` begins with the eight bytes of its time."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {encode(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head of a tree: `body` is what is signed, of which the first three lines are origin, size and root."""

    body: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.body + "\n" + "".join(map(str, self.signatures))


def encode(data: bytes) -> str:
    """Standard Base64."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """The bytes of a Base64 text. Raises Malformed for anything but the one way to write them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or encode(data) != text:
        raise Malformed("not Base64")
    return data


def body_of(origin: str, size: int, root: bytes) -> str:
    """The text of a checkpoint, which is what its signers sign."""
    return f"{origin}\n{size}\n{encode(root)}\n"


def cosigned_text(body: str, at: int) -> bytes:
    """What a witness signs at a POSIX time (tlog-cosignature, Ed25519)."""
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint. Raises Malformed."""
    if len(text) > _MOST or any(ord(char) < 32 and char != "\n" for char in text):
        raise Malformed("the checkpoint is too long or holds control characters")
    body, found, tail = text.rpartition("\n\n")
    body += "\n"
    lines = body.split("\n")[:-1]
    if not found or len(lines) < 3 or "" in lines or not _SIZE.fullmatch(lines[1]):
        raise Malformed("a checkpoint is an origin, a size and a root, a blank line and signatures")
    root = decode(lines[2])
    if len(root) != 32:
        raise Malformed("the root is not 32 bytes")
    signatures = tuple(parse_signature(line) for line in tail.split("\n")[:-1])
    if not tail.endswith("\n") or not signatures:
        raise Malformed("the checkpoint carries no signature")
    return Checkpoint(body, lines[0], int(lines[1]), root, signatures)


def parse_signature(line: str) -> Signature:
    """One signature line, without its line feed. Raises Malformed."""
    dash, _, rest = line.partition(" ")
    name, _, value = rest.partition(" ")
    if dash != "—" or not _NAME.fullmatch(name):
        raise Malformed("a signature line is a dash, a name and a signature")
    data = decode(value)
    if len(data) < 5:
        raise Malformed("the signature is too short")
    return Signature(name, data[:4], data[4:])


def parse_key(text: str) -> Key:
    """A verifier key `name+id+Base64`. Raises Malformed, also for an id that is not the key's."""
    name, _, rest = text.strip().partition("+")
    key_id, _, value = rest.partition("+")
    if not _NAME.fullmatch(name) or not re.fullmatch(r"[0-9a-f]{8}", key_id):
        raise Malformed("a key is written name+id+Base64")
    data = decode(value)
    if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
        raise Malformed("only Ed25519 keys of a log (1) or of a witness (4) are known")
    key = Key(name, data[0], data[1:])
    if key.id.hex() != key_id:
        raise Malformed("the id is not that of the key")
    return key


def signed_by(checkpoint: Checkpoint, key: Key) -> bool | None:
    """Whether the key has signed the checkpoint, and well; None where `cryptography` is missing."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None
    for one in checkpoint.signatures:
        if (one.name, one.key_id) != (key.name, key.id):
            continue
        text, value = checkpoint.body.encode(), one.value
        if key.kind == COSIGNATURE:
            text, value = cosigned_text(checkpoint.body, cosigned_at(one)), value[_TIMESTAMP:]
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(value, text)
        except (InvalidSignature, ValueError):
            return False
        return True
    return False


def cosigned_at(signature: Signature) -> int:
    """The POSIX time of a witness's signature."""
    return int.from_bytes(signature.value[:_TIMESTAMP], "big")


def proof_text(index: int, path: list[bytes], checkpoint: str) -> str:
    """A `.tlog-proof`: where the leaf lies, its inclusion proof, and the checkpoint it is proven in."""
    return "\n".join([PROOF_HEAD, f"index {index}", *map(encode, path), "", checkpoint])


def growth_text(old: int, new: int, path: list[bytes]) -> str:
    """A consistency proof as a text: the two sizes, and the hashes of RFC 6962, 2.1.2."""
    return "\n".join([GROWTH_HEAD, f"from {old}", f"to {new}", *map(encode, path), ""])


def parse_growth(text: str) -> tuple[tuple[int, int], list[bytes]]:
    """The two sizes and the hashes of a consistency proof. Raises Malformed."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != GROWTH_HEAD or lines[-1]:
        raise Malformed(f"a consistency proof begins with {GROWTH_HEAD}")
    sizes = [line.removeprefix(word) for line, word in zip(lines[1:3], ("from ", "to "), strict=True)]
    if not all(map(_SIZE.fullmatch, sizes)):
        raise Malformed("a consistency proof names two sizes")
    return (int(sizes[0]), int(sizes[1])), _hashes(lines[3:-1])


def _hashes(lines: list[str]) -> list[bytes]:
    found = [decode(line) for line in lines[:129]]
    if len(found) > 128 or any(len(node) != 32 for node in found):
        raise Malformed("a proof is of hashes of 32 bytes")
    return found


def parse_proof(text: str) -> tuple[int, list[bytes], Checkpoint]:
    """The index, the inclusion proof and the checkpoint of a `.tlog-proof`. Raises Malformed."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != PROOF_HEAD:
        raise Malformed(f"a proof begins with {PROOF_HEAD}")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    word, _, number = (lines.pop(0) if lines else "").partition(" ")
    if word != "index" or not _SIZE.fullmatch(number):
        raise Malformed("a proof names the index of its leaf")
    return int(number), _hashes(lines), parse_checkpoint(note)
