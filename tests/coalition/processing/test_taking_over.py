"""A file of cards whose process is killed in the middle is gone on with by the next: nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from coalition.kernel.config import ROOT, Config
from coalition.kernel.db import db, transact
from tests.coalition.purchases.builders import Shop, a_card, a_shop

pytestmark = pytest.mark.processes
CARDS = 12_000


def _command(shop: Shop, file: Path, config: Config) -> subprocess.Popen[str]:
    given = {"DATABASE_URL": config.database_url, "DATABASE_OWNER_URL": config.owner_url}
    given |= {"COALITION_ENV": "test", "SECRET_KEY": config.secret_key, "REDIS_URL": config.redis_url}
    command = [sys.executable, "-m", "flask", "coalition", "import-cards", str(file), "--partner", shop.partner.code]
    environment = {**os.environ, **given, "FILES_DIR": str(config.files_dir)}
    return subprocess.Popen([*command, "--json"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_killed_take_over_is_finished_by_the_same_command(fresh_database: Config, tmp_path: Path) -> None:
    shop = _shop(fresh_database)
    file = tmp_path / "cards.ndjson"
    file.write_text("".join(json.dumps(a_card(number)) + "\n" for number in range(CARDS)))

    killed = _command(shop, file, fresh_database)
    while (done := _counted(fresh_database)["cards"]) == 0 and killed.poll() is None:
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    told = json.loads(_command(shop, file, fresh_database).communicate()[0])

    assert killed.returncode == -signal.SIGKILL
    assert 0 < done < CARDS
    assert (told["state"], told["accepted"] + told["replayed"]) == ("finished", CARDS)
    assert told["replayed"] >= done
    assert _counted(fresh_database) == {"cards": CARDS, "members": CARDS + 1, "points": sum(range(100, 100 + CARDS))}


def _shop(config: Config) -> Shop:
    from wsgi import create_app

    with create_app(config).app_context():
        shop = transact(a_shop)
        db.session.remove()
        db.engine.dispose()
        return shop


def _counted(config: Config) -> dict[str, Any]:
    with psycopg.connect(config.owner_url.replace("+psycopg", "")) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM takeover), (SELECT count(*) FROM member),"
            " (SELECT sum(amount) FROM entry WHERE operation = 22)"
        ).fetchone()
    assert row is not None
    return dict(zip(("cards", "members", "points"), row, strict=True))
