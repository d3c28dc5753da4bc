"""`python -m settlement.proofs.verifier FILE [--key KEY] [--previous FILE] [--json]`: exit 0 if all agrees, else 1."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.history import Kept
from settlement.proofs.verifier.notes import Malformed, parse_key
from settlement.proofs.verifier.verifying import Verdict, verify

_LONGEST = 1 << 20
_SIGNED = {
    "verified": "signed by the key that you gave",
    "no_key": "the signature was not checked: give the log's key with --key",
    "no_library": "the signature was NOT checked: Python's package `cryptography` is not installed here",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one bundle and say what was found; the exit code."""
    parser = argparse.ArgumentParser(prog="verifier", description="Recompute a bundle of a settlement statement.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the log's key, name+id+Base64, from a source that you trust")
    parser.add_argument("--previous", type=Path, help="a checkpoint that you kept from an earlier bundle")
    parser.add_argument("--growth", type=Path, help="the consistency proof between that checkpoint and this bundle's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    code, text = report(options.file, options.key, options.previous, options.growth, as_json=options.json)
    sys.stdout.buffer.write((text + "\n").encode("utf-8", "backslashreplace"))
    return code


def report(
    file: Path, key: str | None, previous: Path | None, growth: Path | None, *, as_json: bool
) -> tuple[int, str]:
    """The exit code and what to print for one bundle."""
    try:
        kept = Kept(_read(previous), _read(growth) if growth else "") if previous else None
        verdict = verify(file, parse_key(key) if key else None, kept)
    except Malformed as error:
        return _refused(Difference("key", "bad_key", str(error)), as_json)
    except Difference as difference:
        return _refused(difference, as_json)
    if as_json:
        return 0, json.dumps({"ok": True, "difference": None, **verdict.told()})
    return 0, "\n".join(_lines(verdict))


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(_LONGEST)
    except (OSError, UnicodeDecodeError):
        raise Difference(path.name, "unreadable", "the file cannot be read") from None


def _lines(verdict: Verdict) -> list[str]:
    tree = verdict.tree
    grown = f", grown from {tree.grew_from}" if tree.grew_from else ""
    return [
        f"OK  statement {verdict.number} for {verdict.party}",
        f"    {verdict.entries} entries, {verdict.lines} document lines, {verdict.documents} documents recomputed",
        f"    position {verdict.position} (minor units of {verdict.currency}): + receives, - pays",
        f"    in the tree {tree.origin} of {tree.size} leaves from leaf {tree.first} on{grown}",
        f"    root {tree.root}",
        f"    {_SIGNED[tree.signature]}",
    ]


def _refused(difference: Difference, as_json: bool) -> tuple[int, str]:
    if as_json:
        return 1, json.dumps({"ok": False, "difference": difference.told()})
    return 1, f"DIFFERS  {difference}"


if __name__ == "__main__":
    raise SystemExit(main())
