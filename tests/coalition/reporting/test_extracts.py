"""Reporting views and their files: what was recorded on a day, without names, without test modes, once."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import BinaryIO

import psycopg
import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import ledger, programs, reporting
from coalition.cli.extracting import write
from coalition.kernel import clock, jobs, ports
from coalition.kernel.config import ROOT
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import NotFound
from coalition.ports import FileStore
from tests.coalition.purchases.builders import Shop, a_body, a_hold, a_return, a_shop, bought, give_back


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop with two receipts of today, one of which was given back."""
    found = a_shop()
    first = bought(found, a_body(1_000, 2_500))
    bought(found, a_body(4_000))
    give_back(found, a_return(first, {1: None}))
    return found


def today() -> dt.date:
    return clock.now().astimezone(dt.UTC).date()


def rows_of(name: str, day: dt.date) -> list[dict[str, str]]:
    """What the file of a day holds."""
    file = io.BytesIO()
    count = reporting.extract(name, day, file)
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(file.getvalue()).decode())))
    assert len(rows) == count
    return rows


def test_what_happened_stands_in_the_file_of_its_day_alone(shop: Shop) -> None:
    assert sorted(row["total_minor"] for row in rows_of("purchases", today())) == ["3500", "4000"]
    assert sorted(row["amount_minor"] for row in rows_of("purchase_lines", today())) == ["1000", "2500", "4000"]
    assert [row["refund_minor"] for row in rows_of("returns", today())] == ["1000"]
    for day in (today() - dt.timedelta(days=1), today() + dt.timedelta(days=1)):
        assert rows_of("purchases", day) == rows_of("movements", day) == []


def test_a_file_that_is_tried_again_is_begun_anew(shop: Shop) -> None:
    file = io.BytesIO()
    reporting.extract("purchase_lines", today(), file)
    reporting.extract("purchases", today(), file)

    assert len(gzip.decompress(file.getvalue()).splitlines()) == 3


def test_movements_lots_and_awards_tell_the_same_points(shop: Shop) -> None:
    moved = sum(int(row["points"]) for row in rows_of("movements", today()))
    left = sum(int(row["points_left"]) for row in rows_of("lots", today()))
    [balance] = fetch_all("SELECT sum(remaining) AS n FROM lot")

    assert moved == left == balance.n > 0
    assert {row["kind"] for row in rows_of("movements", today())} == {"issue", "clawback"}
    assert sum(int(row["points"]) for row in rows_of("awards", today())) >= left


def test_movements_come_to_what_members_have_whatever_was_held_owed_and_paid(shop: Shop) -> None:
    programs.change(shop.program.id, return_policy="arrears")
    programs.change_currency(shop.currency.id, debt_floor=1_000)
    purchase = bought(shop, a_body(100_000))  # earns 500
    a_hold(shop, 400)
    give_back(shop, a_return(purchase, {1: None}))
    owing = _sums()
    bought(shop, a_body(200_000))  # earns 1,000, of which the debt takes what it is

    after, kinds = _sums(), Counter((row["kind"], row["against"]) for row in rows_of("movements", today()))

    [balance] = ledger.balances(shop.program.id, shop.member.id)
    assert owing == (400, 0, 400)
    assert after == (balance.available + 400, balance.available, 400) and balance.arrears == 0
    assert kinds[("clawback", "arrears")] > 0 and not [kind for kind, _ in kinds if kind == "redeem"]


def _sums() -> tuple[int, ...]:
    """The points of movements, of lots and of holds."""
    parts = {"movements": "points", "lots": "points_left", "holds": "points_held"}
    return tuple(sum(int(row[name]) for row in rows_of(view, today())) for view, name in parts.items())


def test_what_there_is_stands_whole_on_any_day(shop: Shop) -> None:
    day = today() + dt.timedelta(days=400)

    assert [row["code"] for row in rows_of("programs", day)] == [shop.program.code]
    assert len(rows_of("members", day)) == 1
    assert shop.partner.code in [row["code"] for row in rows_of("partners", day)]


def test_test_modes_are_in_no_view(shop: Shop, session: Session) -> None:
    session.execute(text("UPDATE program SET kind = 'test'"))

    assert [view.name for view in reporting.views() if rows_of(view.name, today())] == []


def test_no_name_or_address_of_a_member_leaves(shop: Shop) -> None:
    said = {column for view in reporting.views() if view.name == "members" for column in view.columns}

    assert said == {
        *("member_id", "program_id", "partner_id", "state", "tier", "enrolled_at", "merged_into_member_id"),
    }


def test_the_role_of_reports_reads_the_views_and_nothing_else(app: Flask) -> None:
    with psycopg.connect(app.config["COALITION"].owner_url.replace("+psycopg", "")) as owner:
        owner.execute("GRANT coalition_reporting TO CURRENT_USER")
        owner.execute("SET LOCAL ROLE coalition_reporting")

        for view in reporting.views():
            owner.execute(f"SELECT count(*) FROM reporting.{view.name}".encode())
        for table in ("profile", "purchase", "user_account", "extract_day"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
                owner.execute(f"SELECT FROM public.{table}".encode())


def test_there_is_no_file_of_a_view_that_is_none(app: Flask) -> None:
    with pytest.raises(NotFound):
        reporting.extract("members; DROP TABLE member", today(), io.BytesIO())


def test_the_documentation_names_every_view_and_every_column(app: Flask) -> None:
    told = (ROOT / "docs" / "flows" / "reporting.md").read_text(encoding="utf-8")

    for view in reporting.views():
        line = next((line for line in told.splitlines() if line.startswith(f"| `{view.name}` |")), "")
        assert view.meaning and view.meaning in line, view.name
        assert [column for column in view.columns if f"`{column}`" not in line] == [], view.name


def test_the_job_writes_each_day_once_it_is_over(shop: Shop) -> None:
    store, wanted = ports.get(FileStore), reporting.key_of("purchases", today())
    midnight = dt.datetime.combine(today() + dt.timedelta(days=1), dt.time(), dt.UTC)

    with time_machine.travel(midnight + dt.timedelta(minutes=59)):
        assert wanted.split("/")[1] not in [day.isoformat() for day in reporting.days_due()]
    with time_machine.travel(midnight + dt.timedelta(minutes=61)):
        jobs.enqueue("reporting.extract", {})
        jobs.run_due()
        left = reporting.days_due()

    with store.open(wanted) as file:
        assert len(gzip.decompress(file.read()).splitlines()) == 3
    [made] = fetch_all("SELECT day, rows FROM extract_day")
    assert (made.day, made.rows["purchases"], left) == (today(), 2, [])


def test_days_that_were_missed_are_made_up_for_a_week_at_most(app: Flask) -> None:
    reporting.note_day(today() - dt.timedelta(days=30), {})
    reporting.note_day(today() - dt.timedelta(days=3), {})
    yesterday = (clock.now() - dt.timedelta(hours=1)).astimezone(dt.UTC).date() - dt.timedelta(days=1)
    due = reporting.days_due()

    assert len(due) == 6 and due[-1] == yesterday
    assert today() - dt.timedelta(days=3) not in due


def test_files_are_forgotten_after_three_months(app: Flask) -> None:
    store, key = ports.get(FileStore), reporting.key_of("purchases", today())
    store.put(key, io.BytesIO(b"old"))
    reporting.note_day(today(), {})
    with time_machine.travel(clock.now() + dt.timedelta(days=91)):
        jobs.enqueue("reporting.extract", {})
        jobs.run_due()

    with pytest.raises(FileNotFoundError):
        store.open(key)
    assert today() not in [row.day for row in fetch_all("SELECT day FROM extract_day")]


def test_the_command_writes_a_folder_of_files(app: Flask, shop: Shop, tmp_path: Path) -> None:
    words = ["coalition", "extract", "--day", today().isoformat(), "--to", str(tmp_path / "out")]
    run = app.test_cli_runner().invoke(args=[*words, "--view", "purchases"])
    wrong = app.test_cli_runner().invoke(args=[*words, "--view", "secrets"])

    said = json.loads(run.output)
    assert (said["view"], said["rows"]) == ("purchases", 2)
    assert len(gzip.decompress(Path(said["file"]).read_bytes()).splitlines()) == 3
    assert wrong.exit_code == 1 and "there is no view 'secrets'" in wrong.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"purchases-{today().isoformat()}.csv.gz"]


def test_a_folder_that_cannot_be_made_is_no_traceback(app: Flask, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    run = app.test_cli_runner().invoke(args=["coalition", "extract", "--to", str(tmp_path / "file" / "out")])

    assert (run.exit_code, "cannot be made: Not a directory" in run.output) == (1, True)


def test_two_commands_at_once_leave_one_whole_file_and_nothing_else(shop: Shop, tmp_path: Path) -> None:
    path, begun = tmp_path / "purchases.csv.gz", partial(reporting.extract, "purchases", today())

    def meanwhile(file: BinaryIO) -> int:
        file.write(b"half a file")
        write(path, begun)
        return begun(file)

    write(path, meanwhile)

    assert len(gzip.decompress(path.read_bytes()).splitlines()) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_command_that_fails_leaves_the_file_that_was_there(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv.gz"
    path.write_bytes(b"of yesterday")

    with pytest.raises(NotFound):
        write(path, partial(reporting.extract, "secrets", today()))

    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"of yesterday")]
