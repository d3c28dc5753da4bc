"""The worked examples, every one of them, to the unit; and the command that takes any file of their form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

FOLDER = Path(os.environ.get("VECTORS_DIR") or Path(__file__).parents[3] / "vectors")
FILE = FOLDER / "promotions.json"
GIVEN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ROOT = Path(__file__).parents[4]


def command(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own that knows of no database."""
    hidden = ("DATABASE", "REDIS", "SECRET")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    words = [sys.executable, "-m", "flask", "coalition", "evaluate-promotions", str(file), *options]
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    done = command(FILE, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("at", range(len(GIVEN["vectors"])), ids=[one["id"] for one in GIVEN["vectors"]])
def test_an_example_has_its_effects_explanations_and_counters(told: dict[str, Any], at: int) -> None:
    given = GIVEN["vectors"][at]

    assert told["vectors"][at] == {
        "id": given["id"],
        "effects": given["expected_effects"],
        "explain": given["expected_explain"],
        "counters_delta": given["counters_delta"],
    }


@pytest.mark.parametrize("at", range(len(GIVEN["returns"])), ids=[one["id"] for one in GIVEN["returns"]])
def test_a_sequence_of_returns_takes_back_what_it_should(told: dict[str, Any], at: int) -> None:
    given = GIVEN["returns"][at]
    expected = {name.removeprefix("expected_"): one for name, one in given.items() if name.startswith("expected_")}

    assert told["returns"][at] == {"id": given["id"], **expected}


def test_an_example_that_cannot_be_understood_names_what_is_wrong_and_spoils_no_other(tmp_path: Path) -> None:
    wrong = {**GIVEN["vectors"][0], "id": "W", "promotions": [{"id": "x", "events": [], "effects": [{"kind": "gold"}]}]}
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({"vectors": [wrong, GIVEN["vectors"][0]]}))

    done = command(file, "--json")

    first, second = json.loads(done.stdout)["vectors"]
    assert done.returncode == 1
    assert [one["pointer"] for one in first["error"]["errors"]] == ["/effects/0/kind"]
    assert second["effects"] == GIVEN["vectors"][0]["expected_effects"]


@pytest.mark.parametrize("text", ["", "[]", '{"vectors": 7}', '{"vectors": ["x"]}', "{"])
def test_a_file_that_holds_no_examples_is_refused(app: Flask, tmp_path: Path, text: str) -> None:
    file = tmp_path / "none.json"
    file.write_text(text)

    done = app.test_cli_runner().invoke(args=["coalition", "evaluate-promotions", str(file)])

    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)  # it ended by itself: no traceback
    assert done.stderr.startswith("Error:")


def test_people_can_read_it_too() -> None:
    done = command(FILE)

    assert done.returncode == 0
    assert "V01" in done.stdout
    assert '"units": 29' in done.stdout
