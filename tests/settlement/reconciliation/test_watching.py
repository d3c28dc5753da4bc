"""What nobody works on is taken up again, what is overdue is told, and a partner's bucket is emptied once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from flask import Flask
from psycopg import connect

from coalition.kernel import jobs, ports
from coalition.kernel.config import current
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from coalition.ports import BucketObject, BucketUnreachable, RegistryBucket
from settlement import reconciliation
from settlement.reconciliation.files.fetching import period_in
from tests.bindings import kept
from tests.settlement.builders import count_rows
from tests.settlement.reconciliation.builders import Till, a_till, counts, lines

FILE = lines({"external_id": "R1", "amount": 1000})


class Bucket:
    """A partner's bucket as a dictionary."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.open_for_us = True

    def list_objects(self, bucket: str, prefix: str, after: str = "") -> list[BucketObject]:
        if not self.open_for_us:
            raise BucketUnreachable("the bucket does not let us in")
        found = sorted(key for key in self.files if key.startswith(prefix) and key > after)
        return [BucketObject(key, str(hash(self.files[key])), len(self.files[key])) for key in found]

    def open(self, bucket: str, one: BucketObject) -> BinaryIO:
        return BytesIO(self.files[one.key])


@pytest.fixture
def till(live: Flask) -> Till:
    till = a_till()
    till.sell("R1", 1000)
    till.accrue()
    return till


@pytest.fixture
def bucket(live: Flask) -> Iterator[Bucket]:
    bucket = Bucket()
    with kept(live):
        ports.bind(RegistryBucket, bucket)
        yield bucket


def owner(statement: str) -> None:
    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement.encode())


def do(kind: str) -> None:
    transact(lambda: jobs.enqueue(kind, {}))
    jobs.run_due(50)


def test_a_file_that_was_left_alone_is_taken_up_again(till: Till) -> None:
    at = till.send(FILE, work=False)
    owner("UPDATE job SET state = 'dead', finished_at = now() WHERE kind = 'settlement.reconcile'")
    owner("UPDATE reconciliation SET touched_at = now() - interval '6 minutes'")

    do("settlement.reconcile_watch")

    assert transact(lambda: reconciliation.run(at.id)).state == "finished"


def test_a_bucket_is_looked_at_and_each_file_is_compared_once(till: Till, bucket: Bucket) -> None:
    partner = till.shop.partner
    bucket.files = {"in/2026-11.ndjson": FILE.encode(), "in/readme.txt": b"hello", "out/2026-11.ndjson": b"x"}
    transact(
        lambda: reconciliation.define_feed(
            partner.program_id, partner.id, "wool-files", "in/", mapping=None, every_s=60
        )
    )

    for _ in range(2):
        do("settlement.reconcile_fetch")
        owner("UPDATE reconciliation_feed SET next_run_at = now()")

    page = transact(lambda: reconciliation.list_runs(partner.program_id, None, 10))
    assert [(one.period, one.file_name, one.state) for one in page.items] == [
        ("2026-11", "in/2026-11.ndjson", "finished")
    ]
    assert counts(page.items[0]) == {"matched": 1}


def test_a_bucket_that_cannot_be_reached_is_told(till: Till, bucket: Bucket) -> None:
    partner, bucket.open_for_us = till.shop.partner, False
    transact(
        lambda: reconciliation.define_feed(partner.program_id, partner.id, "wool-files", "", mapping=None, every_s=60)
    )

    do("settlement.reconcile_fetch")

    [feed] = transact(lambda: reconciliation.feeds(partner.program_id))
    assert feed.last_error == "the bucket does not let us in"
    assert count_rows("reconciliation") == 0


def test_a_feed_that_cannot_be_is_refused(till: Till) -> None:
    with pytest.raises(Invalid) as refused:
        transact(lambda: reconciliation.define_feed(1, till.shop.partner.id, "No!", "", mapping=None, every_s=0))

    assert {problem.pointer for problem in refused.value.errors} == {"/bucket", "/every_s"}


@pytest.mark.parametrize(
    ("key", "period"),
    [
        ("stores/2026-11.csv.gz", "2026-11"),
        ("2026-W47/all.ndjson", "2026-W47"),
        ("2026/2026-11-21.csv", "2026-11-21"),
        ("q/2026-Q4_final.csv", "2026-Q4"),
        ("12026-11.csv", None),
        ("readme.txt", None),
    ],
)
def test_the_period_is_read_from_a_files_name(key: str, period: str | None) -> None:
    assert period_in(key) == period


def test_the_command_prints_the_totals_and_tells_by_its_exit_what_it_found(
    live: Flask, till: Till, tmp_path: Path
) -> None:
    files = {"same": FILE, "other": FILE + lines({"external_id": "R2"}), "bad": "rubbish"}
    told = {}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
        args = ["settlement", "reconcile", str(tmp_path / name), "--partner", "wool", "--period", "2026-11", "--json"]
        answer = live.test_cli_runner().invoke(args=args)
        told[name] = (answer.exit_code, json.loads(answer.stdout)["totals"])

    assert told == {"same": (0, {"matched": 1}), "other": (2, {"matched": 1, "missing_here": 1}), "bad": (1, {})}
    worded = live.test_cli_runner().invoke(
        args=["settlement", "reconcile", str(tmp_path / "bad"), "--partner", "wool", "--period", "2026-11"]
    )
    assert "nothing_readable" in worded.stdout
    refused = live.test_cli_runner().invoke(
        args=["settlement", "reconcile", str(tmp_path / "bad"), "--partner", "wool", "--period", "soon"]
    )
    assert "bad_period" in refused.stderr


def test_a_day_is_read_in_the_programs_zone() -> None:
    from zoneinfo import ZoneInfo

    from settlement.reconciliation.files.reading import of_text

    zone = ZoneInfo("Europe/Riga")
    days = {
        "2026-11-30T23:30:00Z": dt.date(2026, 12, 1),
        "2026-11-30T23:30:00": dt.date(2026, 11, 30),
        "2026-11-30": dt.date(2026, 11, 30),
    }
    for text, day in days.items():
        assert of_text(1, json.dumps({"external_id": "R", "occurred_at": text}).encode(), zone).occurred_on == day
