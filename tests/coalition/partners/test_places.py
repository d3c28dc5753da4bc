"""Hours and places of outlets are read from texts, the same from a form and a file, and written back as they were."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.db import transact
from coalition.partners import places
from coalition.partners.places import card, hours
from tests.builders import a_partner, a_program

GOOD = {"code": "S7", "name": "Shop", "entity": "ACME", "city": "Riga", "zone": "Europe/Riga"}
ENTITIES = {"ACME": object()}


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-18:00", [(540, 1080)]),
        ("14:00–20:00, 09:00-13:00", [(540, 780), (840, 1200)]),
        ("24h", [(0, 1440)]),
        ("00:00-24:00", [(0, 1440)]),
        ("18:00-02:00", [(1080, 1560)]),
        ("", []),
        ("closed", []),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, spans: list[tuple[int, int]]) -> None:
    assert list(hours.day(text)) == spans
    assert hours.day(hours.day_text(spans)) == tuple(spans)


@pytest.mark.parametrize(
    "text", ["9-18", "09:00-25:00", "09:60-10:00", "09:00-09:00", "09:00-12:00, 11:00-13:00", "24:00-25:00", "x"]
)
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        hours.day(text)


def test_a_night_runs_into_the_next_day_but_not_into_its_hours() -> None:
    week = hours.week({"fri": "18:00-02:00", "sat": "10:00-18:00", "sun": "22:00-06:00"})

    assert hours.week_texts(week)["fri"] == "18:00-02:00"
    with pytest.raises(ValueError, match="sat"):
        hours.week({"fri": "18:00-02:00", "sat": "01:00-18:00"})


@given(st.dictionaries(st.sampled_from(hours.DAYS), st.sampled_from(["24h", "08:00-12:00, 13:00-21:30", "closed", ""])))
def test_a_week_is_written_back_as_it_was(texts: dict[str, str]) -> None:
    week = hours.week(texts)

    assert hours.week(hours.week_texts(week)) == week


@pytest.mark.parametrize(
    "text", ["2026-13-01 closed", "25.12.2026 closed", "2026-12-25", "2026-12-25 x", "20261225 closed"]
)
def test_a_day_that_differs_names_a_day_and_its_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        hours.special(text)


def test_a_day_that_differs_stands_there_once() -> None:
    days = hours.special("2026-12-31 10:00-16:00\n2026-12-25 closed;")

    assert hours.special_text(days, "; ") == "2026-12-25 closed; 2026-12-31 10:00-16:00"
    with pytest.raises(ValueError, match="2026-12-25"):
        hours.special("2026-12-25 closed; 2026-12-25 24h")


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"code": ""}, "code", "required"),
        ({"code": "a b"}, "code", "code"),
        ({"code": "x" * 41}, "code", "code"),
        ({"name": "x" * 201}, "name", "too_long"),
        ({"name": "a\u0007b"}, "name", "forbidden_character"),
        ({"entity": "OTHER"}, "entity", "unknown_entity"),
        ({"zone": "Mars/Base"}, "zone", "unknown_zone"),
        ({"zone": "../etc/passwd"}, "zone", "unknown_zone"),
        ({"lat": "91", "lon": "0"}, "lat", "bad_position"),
        ({"lat": "1e1", "lon": "0"}, "lat", "bad_position"),
        ({"lat": "56.9", "lon": "NaN"}, "lon", "bad_position"),
        ({"lat": "56.9", "lon": "٢٤"}, "lon", "bad_position"),
        ({"lat": "56.9"}, "lon", "position_half"),
        ({"mon": "nine to five"}, "mon", "bad_hours"),
        ({"exceptions": "Christmas"}, "exceptions", "bad_exceptions"),
    ],
)
def test_what_is_wrong_with_an_outlet_is_named_by_column(change: dict[str, str], column: str, code: str) -> None:
    found, wrong = card.read(GOOD | change, ENTITIES)

    assert found is None and [(one.column, one.code) for one in wrong] == [(column, code)]


def test_a_card_is_written_back_as_it_was() -> None:
    texts = GOOD | {"lat": "56.949600", "lon": "-24.105200", "mon": "09:00-18:00", "exceptions": "2026-12-25 closed"}
    found, _ = card.read(texts, ENTITIES)
    assert found is not None

    assert card.read(found.texts(), ENTITIES) == (found, [])
    assert {name: text for name, text in found.texts().items() if text} == texts


HEAD = "code,name,entity,city,zone,mon\n"


@pytest.fixture
def partner_id(app: Flask) -> int:
    """A partner with the outlet S1."""
    return transact(lambda: a_partner(a_program(), "acme").id)


def bring(partner_id: int, text: str | bytes, *, dry_run: bool = False) -> places.Brought:
    content = text if isinstance(text, bytes) else text.encode()
    return transact(lambda: places.bring(partner_id, content, dry_run=dry_run))


def codes(partner_id: int) -> dict[str, str]:
    page = transact(lambda: places.kept(places.Wanted(partner_id), None, 100))
    return {one.card.code: one.card.name for one in page.items}


def test_a_file_is_tried_without_a_trace_and_kept_by_the_same_reading(partner_id: int) -> None:
    text = HEAD + "S1,Renamed,ACME,Riga,Europe/Riga,24h\nS2,Second,ACME,Riga,Europe/Riga,\n"

    tried = bring(partner_id, text, dry_run=True)
    after_trial = codes(partner_id)
    kept = bring(partner_id, text)

    assert (tried.added, tried.changed, tried.same) == (kept.added, kept.changed, kept.same) == (1, 1, 0)
    assert after_trial == {"S1": "Shop 1"} and codes(partner_id) == {"S1": "Renamed", "S2": "Second"}
    assert (again := bring(partner_id, text)).same == 2 and (again.added, again.changed) == (0, 0)


def test_columns_that_are_not_there_stay_as_they_are(partner_id: int) -> None:
    bring(partner_id, "\ufeffcode;mon\r\nS1;09:00-18:00\r\n")
    bring(partner_id, "code,city\nS1,Liepaja\n")

    one = transact(lambda: places.one_kept(partner_id, "S1")).card
    assert (one.name, one.city, one.texts()["mon"]) == ("Shop 1", "Liepaja", "09:00-18:00")


@pytest.mark.parametrize(
    ("text", "row", "column", "code"),
    [
        (HEAD + "S2,,ACME,Riga,Europe/Riga,\n", 2, "name", "required"),
        (HEAD + "S1,A,ACME,Riga,Europe/Riga,\nS9,A,NOPE,Riga,Europe/Riga,\n", 3, "entity", "unknown_entity"),
        (HEAD + "S2,A,ACME,Riga,Europe/Riga\n", 2, "", "wrong_columns"),
        (HEAD + "S2,A,ACME,Riga,Europe/Riga,late\n", 2, "mon", "bad_hours"),
        ("code,colour\nS1,red\n", 1, "colour", "unknown_column"),
        ("code,code\nS1,S1\n", 1, "code", "code_in_use"),
        ("name\nShop\n", 1, "code", "required"),
        ("code,city\nS1,Riga\nS1,Riga\n", 2, "code", "code_in_use"),
        ('code,city\nS1,"Riga\n', 2, "", "not_csv"),
        (b"code,city\nS1,\xff\n", 1, "", "not_utf8"),
        (b"code,city\nS1,\x00\n", 1, "", "forbidden_character"),
        ("", 1, "code", "required"),
        ("code,city\nS1," + "x" * 10_001 + "\n", 2, "city", "too_long"),
    ],
)
def test_an_error_names_row_and_column_and_nothing_is_kept(
    partner_id: int, text: str | bytes, row: int, column: str, code: str
) -> None:
    before = codes(partner_id)

    found = bring(partner_id, text)

    assert (found.errors[0].row, found.errors[0].column, found.errors[0].code) == (row, column, code)
    assert codes(partner_id) == before


def test_too_many_lines_are_refused(partner_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coalition.partners.places.bringing.ROWS_MAX", 3)

    found = bring(partner_id, "code,city\n" + "".join(f"X{at},Riga\n" for at in range(5)))

    assert "too_many_lines" in {one.code for one in found.errors}
    assert codes(partner_id) == {"S1": "Shop 1"}
