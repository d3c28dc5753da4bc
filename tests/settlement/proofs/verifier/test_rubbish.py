"""Whatever file the verifier is given, it says clearly what is wrong with it, and never fails itself."""

from __future__ import annotations

import io
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from settlement.proofs.verifier import archive
from settlement.proofs.verifier.__main__ import report
from settlement.proofs.verifier.records import parsed
from settlement.proofs.verifier.verifying import FORMAT
from tests.settlement.proofs import forging

ROOT = Path(__file__).resolve().parents[4]
NOTE = "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— log AAAAAAAA\n"


def plain(**changes: bytes) -> dict[str, bytes]:
    """A bundle in form, with nothing true in it; `changes` by the first part of a member's name."""
    members = dict.fromkeys(archive.MEMBERS, b"{}\n")
    members |= {archive.LEAVES: b"\0" * 32 * 7, archive.CHECKPOINT: NOTE.encode(), archive.PREVIOUS: b""}
    sums = {name: "0" * 64 for name in archive.MEMBERS if name != archive.MANIFEST}
    members[archive.MANIFEST] = json.dumps({"format": FORMAT, "sha256": sums}).encode() + b"\n"
    members |= {name: changes[name.split(".")[0]] for name in members if name.split(".")[0] in changes}
    return members if "manifest" in changes else forging.with_manifest(members)


def said(path: Path) -> str:
    code, text = report(path, None, None, None, as_json=False)
    assert code == 1
    return text


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"x" * 100, b"PK\x03\x04" + b"\0" * 500])
def test_what_is_no_zip_is_called_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.zip"
    path.write_bytes(content)

    assert "[not_a_zip]" in said(path) or "[not_plain]" in said(path) or "[missing]" in said(path)


def test_what_is_no_file_is_called_so(tmp_path: Path) -> None:
    assert "[unreadable]" in said(tmp_path / "nothing.zip")
    assert "[unreadable]" in said(tmp_path)


def test_a_member_missing_or_too_many_is_named(tmp_path: Path) -> None:
    members = plain()
    without = {name: content for name, content in members.items() if name != archive.ENTRIES}

    assert "entries.jsonl: the bundle lacks this member" in said(forging.packed(without, tmp_path / "less.zip"))
    assert "more.txt" in said(forging.packed({**members, "more.txt": b"?"}, tmp_path / "more.zip"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = forging.packed(plain(entries=b"0" * 100_000_000), tmp_path / "bomb.zip")

    assert path.stat().st_size < 200_000
    assert "[too_large]" in said(path)


def test_a_directory_of_a_hundred_thousand_members_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(b"\0" * 10_000 + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 10_000, 0, 0))

    assert "[not_plain]" in said(path)


def test_a_file_that_was_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = forging.packed(plain(), tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "cut.zip"

    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert "DIFFERS" in said(path)


BAD_LINES: dict[str, Callable[[], bytes]] = {
    "not JSON": lambda: b"{",
    "NaN": lambda: b'{"a":NaN}',
    "infinite": lambda: b'{"a":-Infinity}',
    "a float": lambda: b'{"a":1.5}',
    "twice": lambda: b'{"a":1,"a":2}',
    "twice deep down": lambda: b'{"a":{"b":1,"b":2}}',
    "huge": lambda: b'{"a":' + b"9" * 50_000 + b"}",
    "deep": lambda: b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "a list": lambda: b"[1]",
    "not UTF-8": lambda: b'{"a":"\xff"}',
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_that_two_readers_could_read_in_two_ways_is_refused(tmp_path: Path, name: str) -> None:
    members = plain(manifest=BAD_LINES[name]() + b"\n")

    text = said(forging.packed(members, tmp_path / "file.zip"))

    assert "manifest.json:1" in text and ("[bad_json]" in text or "[not_utf8]" in text)


@pytest.mark.parametrize(
    "wrong", [None, True, 1, "x", [], {}, -1, 2**80, "\ud800", {"format": FORMAT}, {"format": FORMAT, "sha256": []}]
)
def test_a_value_of_the_wrong_type_is_refused_wherever_it_stands(tmp_path: Path, wrong: object) -> None:
    text = json.dumps(wrong if isinstance(wrong, dict) else {"format": FORMAT, "sha256": wrong})

    assert "manifest.json" in said(forging.packed(plain(manifest=text.encode() + b"\n"), tmp_path / "file.zip"))
    for member in ("proof", "head"):
        line = json.dumps(dict.fromkeys(("first", "size", "left", "right", "consistency", "period"), wrong))
        assert "DIFFERS" in said(forging.packed(plain(**{member: line.encode() + b"\n"}), tmp_path / "file.zip"))


def test_random_bytes_in_the_place_of_any_member_are_refused(tmp_path: Path) -> None:
    pick = random.Random(3)

    for round_no in range(200):
        member = archive.MEMBERS[round_no % len(archive.MEMBERS)].split(".")[0]
        content = pick.randbytes(pick.randint(0, 300))
        assert "DIFFERS" in said(forging.packed(plain(**{member: content}), tmp_path / "file.zip"))


def test_records_have_getters_that_name_the_field() -> None:
    record = parsed("entries.jsonl", 7, b'{"points":true}\n')

    with pytest.raises(Exception, match="points is not an integer") as refused:
        record.integer("points")

    assert str(refused.value).startswith("entries.jsonl:7: ")


def test_the_verifier_runs_with_nothing_but_python(tmp_path: Path) -> None:
    path = forging.packed(plain(), tmp_path / "file.zip")
    buffer = io.BytesIO(path.read_bytes())
    assert zipfile.is_zipfile(buffer)

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _ALONE, str(ROOT), str(path)], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1 and done.stdout.startswith("DIFFERS"), done.stderr
    assert not done.stderr


def test_the_command_needs_no_database(tmp_path: Path) -> None:
    path = forging.packed(plain(), tmp_path / "file.zip")
    command = [sys.executable, "-m", "flask", "settlement", "verify-bundle", str(path)]
    bare = {"PATH": os.environ["PATH"], "COALITION_VAR": str(tmp_path)}

    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=120)

    assert done.returncode == 1 and done.stdout.startswith("DIFFERS"), done.stderr


# Without the site's packages, and with our folder as the only other place: what it imports is the standard library.
_ALONE = """
import runpy, sys
sys.path.append(sys.argv[1])
sys.argv = ["verifier", sys.argv[2]]
runpy.run_module("settlement.proofs.verifier", run_name="__main__")
"""
