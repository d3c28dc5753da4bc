"""The quick start followed to the letter: three commands in a shell, and the points are there."""

from __future__ import annotations

import json
import subprocess
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from coalition.api.docs import quickstart
from coalition.kernel.config import ROOT
from integrations.demo.terminal import variables
from tests.served import Served

pytestmark = pytest.mark.processes


def test_three_commands_in_a_shell_bring_the_first_points(served: Served, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    partner = {"client_id": served.client_id, "client_secret": served.client_secret, "outlet": served.outlet}
    facts = {"base_url": served.base_url, "partners": [partner], "member": {"card": served.card}}
    (tmp_path / "var" / "partner.env").write_text(variables(facts))

    done = subprocess.run(["sh", "-eu", quickstart.SCRIPT], cwd=tmp_path, capture_output=True, text=True, timeout=30)

    assert (done.returncode, done.stderr) == (0, "")
    recorded, end = json.JSONDecoder().raw_decode(done.stdout)
    found = json.loads(done.stdout[end:])["items"][0]
    assert [award["units"] for award in recorded["awards"]] == [44]
    assert found["id"] == recorded["id"]
    assert found["awards"] == recorded["awards"]


def test_the_quick_start_is_three_commands_of_curl() -> None:
    assert [command.count("curl ") for command in quickstart.commands()] == [1, 1, 1]


def test_the_page_shows_the_very_commands(client: FlaskClient) -> None:
    page = unescape(client.get("/api/docs/quickstart").text)

    for part in (quickstart.setting(), *quickstart.commands()):
        assert part in page


def test_the_readme_quotes_the_very_commands() -> None:
    assert f"```sh\n{quickstart.SCRIPT.read_text()}```" in (ROOT / "README.md").read_text()
