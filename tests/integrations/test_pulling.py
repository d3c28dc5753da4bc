"""Registries fetched from a partner's bucket: every file once, whatever happens in between."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from flask import Flask

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.config import S3Access
from coalition.kernel.db import execute, fetch_all, transact
from coalition.ports import BucketObject, RegistryBucket, StoredFile
from integrations.files.s3 import S3Buckets
from tests.books import a_book
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_shop
from tests.coalition.purchases.registries.test_sheets import TITLES, a_sheets_row
from tests.coalition.purchases.registries.test_tables import HEADER, a_definition, a_row


@pytest.fixture
def shop(app: Flask, s3_access: S3Access) -> Shop:
    ports.bind(RegistryBucket, S3Buckets(s3_access))
    return transact(lambda: a_shop(code="freshmart"))


def _source(shop: Shop, bucket: str, **more: Any) -> purchases.Source:
    given = {"kind": "s3", "name": "Night files", "bucket": bucket, "prefix": "in/", "every_s": 60, **more}
    return transact(lambda: purchases.define_source(shop.program.id, shop.partner.id, "night", **given))


def _fetch(source: purchases.Source) -> purchases.Brought | None:
    def work() -> None:
        purchases.fetch_now(source.id)
        jobs.enqueue("purchases.pull", {})

    transact(work)
    jobs.run_due()
    return transact(lambda: purchases.brought([source.id])).get(source.id)


def _ndjson(*bodies: dict[str, Any]) -> bytes:
    return "".join(json.dumps(body) + "\n" for body in bodies).encode()


def test_new_files_under_the_prefix_are_taken_once_and_say_where_they_came_from(
    shop: Shop, s3: Any, bucket: str
) -> None:
    source = _source(shop, bucket)
    s3.put_object(Bucket=bucket, Key="in/a.ndjson", Body=_ndjson(a_body(1000), a_body(1000, outlet="S9")))
    s3.put_object(Bucket=bucket, Key="in/b.ndjson.gz", Body=gzip.compress(_ndjson(a_body(1000))))
    s3.put_object(Bucket=bucket, Key="out/c.ndjson", Body=_ndjson(a_body(1000)))

    first, again = _fetch(source), _fetch(source)

    assert first == again == purchases.Brought(2, 3, 2, 0, 1, 0)
    assert {row.source_id for row in fetch_all("SELECT source_id FROM purchase")} == {source.id}
    assert purchases.source(source.id).last_error is None
    assert shop.available() == 10


def test_a_key_with_another_content_is_another_file_and_posts_nothing_twice(shop: Shop, s3: Any, bucket: str) -> None:
    source, body = _source(shop, bucket), a_body(1000)
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(body))
    _fetch(source)
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(body, a_body(2000)))

    assert _fetch(source) == purchases.Brought(2, 3, 2, 1, 0, 0)


def test_a_table_is_read_by_the_mapping_of_its_source(shop: Shop, s3: Any, bucket: str) -> None:
    transact(lambda: purchases.save_mapping(shop.partner.id, "till", a_definition()))
    source = _source(shop, bucket, mapping="till")
    file = "\n".join((HEADER, a_row("A", "10,00", card=CARD)))
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=file.encode("windows-1251"))

    assert _fetch(source) == purchases.Brought(1, 1, 1, 0, 0, 0)


def test_a_workbook_is_read_by_the_mapping_of_its_source_whatever_its_name(shop: Shop, s3: Any, bucket: str) -> None:
    transact(lambda: purchases.save_mapping(shop.partner.id, "till", a_definition()))
    source = _source(shop, bucket, mapping="till")
    s3.put_object(Bucket=bucket, Key="in/a.xlsx", Body=a_book(TITLES, a_sheets_row("A", 10, card=CARD)))
    s3.put_object(Bucket=bucket, Key="in/b", Body=a_book(TITLES, a_sheets_row("B", 10.0, card=CARD)))

    assert _fetch(source) == purchases.Brought(2, 2, 2, 0, 0, 0)
    assert shop.available() == 10


def test_more_files_than_one_page_lists_are_all_seen(shop: Shop, s3: Any, bucket: str) -> None:
    from integrations.files import s3 as adapter

    source = _source(shop, bucket)
    for at in range(7):
        s3.put_object(Bucket=bucket, Key=f"in/{at}", Body=_ndjson(a_body(1000)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "_MOST", 3)
        found = _fetch(source)

    assert found == purchases.Brought(7, 7, 7, 0, 0, 0)


def test_a_file_too_large_to_be_sent_is_not_fetched_either(
    shop: Shop, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _source(shop, bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"{}\n" * 10_000)
    s3.put_object(Bucket=bucket, Key="in/b", Body=_ndjson(a_body(1000)))
    monkeypatch.setattr("coalition.jobs.sources.FILE_MAX", 20_000)

    found = _fetch(source)

    assert found == purchases.Brought(1, 1, 1, 0, 0, 0)
    assert "in/a" in (purchases.source(source.id).last_error or "")


def test_a_bucket_that_cannot_be_reached_is_noted_and_stops_no_other_source(shop: Shop, s3: Any, bucket: str) -> None:
    broken = transact(
        lambda: purchases.define_source(
            shop.program.id, shop.partner.id, "gone", kind="s3", name="Gone", bucket="no-such-bucket", every_s=60
        )
    )
    source = _source(shop, bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(a_body(1000)))

    found = _fetch(source)

    assert found == purchases.Brought(1, 1, 1, 0, 0, 0)
    assert "NoSuchBucket" in (purchases.source(broken.id).last_error or "")


def test_a_file_that_two_processes_fetch_becomes_one_registry(shop: Shop, s3: Any, bucket: str) -> None:
    source = _source(shop, bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(a_body(1000)))
    (one,) = ports.get(RegistryBucket).list_objects(bucket, "in/")
    stored = StoredFile("registries/x", one.size, "0")

    first = transact(lambda: purchases.take_file(source, one, stored))
    second = transact(lambda: purchases.take_file(source, one, stored))

    assert first is not None
    assert second is None
    assert transact(lambda: purchases.not_taken(source.id, [one, BucketObject("in/b", "e", 1)])) == [
        BucketObject("in/b", "e", 1)
    ]


def test_a_source_that_rests_is_not_fetched_nor_one_that_is_not_due(shop: Shop, s3: Any, bucket: str) -> None:
    source = _source(shop, bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(a_body(1000)))
    transact(lambda: purchases.pause_source(source.id, paused=True))
    assert _fetch(source) is None

    transact(lambda: purchases.pause_source(source.id, paused=False))
    transact(lambda: execute("UPDATE source SET next_run_at = now() + interval '1 hour'"))
    transact(lambda: jobs.enqueue("purchases.pull", {}))
    jobs.run_due()

    assert transact(lambda: purchases.brought([source.id])) == {}


def test_a_copy_that_takes_long_shows_that_it_lives(
    shop: Shop, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coalition.jobs import sources as door

    monkeypatch.setattr(door, "_SIGN_OF_LIFE_S", 0.0)
    source = _source(shop, bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(a_body(1000)))

    assert _fetch(source) == purchases.Brought(1, 1, 1, 0, 0, 0)


def test_an_operator_adds_and_fetches_a_source(app: Flask, shop: Shop, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="in/a", Body=_ndjson(a_body(1000)))
    cli = app.test_cli_runner()
    place = ["--kind", "s3", "--name", "Night", "--bucket", bucket, "--prefix", "in/", "--every", "3600"]

    added = cli.invoke(args=["coalition", "add-source", "night", "--partner", "freshmart", *place])
    pulled = cli.invoke(args=["coalition", "pull", "night", "--partner", "freshmart"])
    twice = cli.invoke(args=["coalition", "add-source", "night", "--partner", "freshmart", *place])

    assert added.exit_code == 0, added.output
    assert "1 files so far" in pulled.output
    assert (twice.exit_code, "source with this code" in twice.output) == (2, True)
