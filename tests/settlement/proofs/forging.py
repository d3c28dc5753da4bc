"""A forger's tools: a bundle taken apart and put together again, with as many of its hashes renewed as one likes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from settlement.proofs.verifier import archive


def opened(path: Path) -> dict[str, bytes]:
    """The members of a bundle."""
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def packed(members: Mapping[str, bytes], path: Path) -> Path:
    """A zip of these members in the form that a bundle has."""
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(archive.entry_for(name), content)
    return path


def with_manifest(members: dict[str, bytes]) -> dict[str, bytes]:
    """The members with a manifest that fits them."""
    known = json.loads(members[archive.MANIFEST])
    known["sha256"] = {name: hashlib.sha256(members[name]).hexdigest() for name in known["sha256"]}
    text = json.dumps(known, sort_keys=True, separators=(",", ":"))
    return {**members, archive.MANIFEST: text.encode() + b"\n"}


def with_leaves(members: dict[str, bytes]) -> dict[str, bytes]:
    """The members with leaf hashes that fit the records."""
    records = [line for name in archive.RECORDS for line in members[name].splitlines()]
    hashes = b"".join(hashlib.sha256(b"\x00" + record).digest() for record in records)
    return {**members, archive.LEAVES: hashes}
