"""A report counts the partner's own receipts, each on the program's day, and different members once."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from coalition import members, partners, programs, promotions
from coalition.kernel.db import execute, fetch_one, transact
from tests.coalition.members.builders import a_member
from tests.coalition.portal.conftest import TWIN_CARD, Sign
from tests.coalition.purchases.builders import Shop, a_body, a_return, bought, give_back

BOTH = "since=2026-09-01&until=2026-10-31"
OTHER = {"kind": "card", "value": "4276000011112222"}
ROW = re.compile(r"<tr>\s*<th scope=\"row\".*?</tr>", re.DOTALL)
CELL = re.compile(r"<(?:th|td)[^>]*>(.*?)</(?:th|td)>", re.DOTALL)


@pytest.fixture
def sold(shop: Shop, twin: Shop) -> dict[str, int]:
    """Two months at two outlets: in September 10.00 and 20.00 in shop 1; in October 30.00 there, of which 10.00 came
    back in November, and in shop 2 5.01 of another member, 4.00 of nobody and 2.00 by points. The twin sold a lot.
    Points last for ever."""

    def work() -> dict[str, int]:
        programs.change_currency(shop.currency.id, expiry="never", expiry_n=None)
        entity = shop.entity
        partners.open_outlet(shop.partner.id, entity.id, "S2", "Shop 2", city="Riga", zone="Europe/Riga")
        other = a_member(shop.program, shop.partner, card=OTHER["value"])
        for one, day in ((shop.member, "2026-09-10"), (other, "2026-10-05")):
            execute("UPDATE member SET enrolled_at = :at WHERE id = :id", {"at": f"{day}T12:00:00Z", "id": one.id})
        execute("UPDATE member SET enrolled_at = '2026-09-10' WHERE id = :id", {"id": twin.member.id})
        bought(shop, a_body(1000, occurred_at="2026-09-10T09:00:00Z"))
        bought(shop, a_body(2000, occurred_at="2026-09-30T09:00:00Z"))
        third = bought(shop, a_body(1000, 2000, occurred_at="2026-10-05T09:00:00Z"))
        bought(shop, a_body(501, occurred_at="2026-10-05T10:00:00Z", outlet="S2", member=OTHER))
        bought(shop, a_body(400, occurred_at="2026-10-06T10:00:00Z", outlet="S2", member=None))
        paying = [{"kind": "redeem", "amount": 3}]
        bought(shop, a_body(200, occurred_at="2026-10-07T10:00:00Z", outlet="S2", payments=paying))
        bought(twin, a_body(77700, occurred_at="2026-10-05T10:00:00Z", member={"kind": "card", "value": TWIN_CARD}))
        give_back(shop, a_return(third, {1: None}, occurred_at="2026-10-31T10:00:00Z"))
        return {"member": shop.member.id, "other": other.id}

    return transact(work)


def rows(client: FlaskClient, query: str) -> list[list[str]]:
    """The rows of the page's table, the last one the whole, as texts."""
    page = client.get(f"/portal/reports?{query}")
    assert page.status_code == 200
    return [[_text(cell) for cell in CELL.findall(row)] for row in ROW.findall(page.text)]


def file_rows(client: FlaskClient, query: str) -> list[list[str]]:
    """The rows of the CSV file, its titles first."""
    text = client.get(f"/portal/reports.csv?{query}&separator=comma").get_data(as_text=True)
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


def _text(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", cell).split()).replace(" ,", ",")


def test_months_come_to_what_was_sold_returned_issued_and_redeemed(reader: FlaskClient, sold: dict) -> None:
    assert rows(reader, f"{BOTH}&by=month") == [
        ["September 2026", "2", "€30.00", "€15.00", "—", "1", "1", "15", "0"],
        ["October 2026", "4", "€41.01", "€10.25", "1 −€10.00", "2", "1", "17", "3 €0.03"],
        ["Total", "6", "€71.01", "€11.84", "1 −€10.00", "2", "2", "32", "3 €0.03"],
    ]


def test_outlets_have_their_own_figures_and_a_return_is_at_that_of_its_receipt(reader: FlaskClient, sold: dict) -> None:
    assert rows(reader, f"{BOTH}&by=outlet") == [
        ["Shop 1 · S1", "3", "€60.00", "€20.00", "1 −€10.00", "1", "—", "30", "0"],
        ["Shop 2 · S2", "3", "€11.01", "€3.67", "—", "2", "—", "2", "3 €0.03"],
        ["Total", "6", "€71.01", "€11.84", "1 −€10.00", "2", "2", "32", "3 €0.03"],
    ]


def test_days_are_the_program_s_to_the_midnight(reader: FlaskClient, shop: Shop) -> None:
    def work() -> None:
        for at in ("2025-10-04T20:59:59Z", "2025-10-04T21:00:00Z", "2025-10-05T20:59:59Z", "2025-10-05T21:00:00Z"):
            bought(shop, a_body(100, occurred_at=at))

    transact(work)

    assert [row[:3] for row in rows(reader, "since=2025-10-05&until=2025-10-05")] == [
        ["5 Oct 2025", "2", "€2.00"],
        ["Total", "2", "€2.00"],
    ]
    assert [row[:2] for row in rows(reader, "since=2025-10-04&until=2025-10-06")] == [
        ["4 Oct 2025", "1"],
        ["5 Oct 2025", "2"],
        ["6 Oct 2025", "1"],
        ["Total", "4"],
    ]


def test_a_member_who_was_merged_counts_as_who_it_is_today(reader: FlaskClient, shop: Shop, sold: dict) -> None:
    transact(lambda: members.merge(shop.program.id, sold["other"], sold["member"], reason="one person"))

    assert [row[5] for row in rows(reader, f"{BOTH}&by=month")] == ["1", "1", "1"]


def test_no_receipt_and_no_member_of_another_partner_is_counted(reader: FlaskClient, sold: dict) -> None:
    for by in ("day", "month", "outlet"):
        total = rows(reader, f"{BOTH}&by={by}")[-1]
        assert "€71.01" in total and not any("777" in cell for cell in total)
    assert sum(int(row[6]) for row in rows(reader, f"{BOTH}&by=day")[:-1]) == 2


def test_points_of_another_currency_stand_beside_those_of_the_main_one(
    reader: FlaskClient, shop: Shop, sold: dict
) -> None:
    def work() -> None:
        miles = programs.add_currency(
            shop.program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(1), decimals=1
        )
        promotions.create_base_rule(
            shop.program.id,
            shop.partner.id,
            miles.id,
            code="miles",
            points=5,
            each_minor=100,
            name_en="Miles",
            name_ru="Мили",
        )
        bought(shop, a_body(300, occurred_at="2026-10-20T09:00:00Z"))

    transact(work)

    assert rows(reader, f"{BOTH}&by=month")[1][7] == "18, miles 1.5"
    titles, *lines = file_rows(reader, f"{BOTH}&by=month")
    assert lines[1][titles.index("Points issued")] == "18"
    assert lines[1][titles.index("Issued in other currencies")] == "miles: 1.5"


@pytest.mark.parametrize("by", ["day", "month", "outlet"])
def test_the_files_say_what_the_page_says(reader: FlaskClient, sold: dict, by: str) -> None:
    page = rows(reader, f"{BOTH}&by={by}")

    titles, *lines = file_rows(reader, f"{BOTH}&by={by}")

    named = [dict(zip(titles, line, strict=True)) for line in lines]
    assert [_as_on_the_page(line) for line in named] == [row[1:] for row in page]
    assert named[-1]["Day, month or outlet"] == "Total"
    book = load_workbook(BytesIO(reader.get(f"/portal/reports.xlsx?{BOTH}&by={by}").data))
    kept = [[_plain(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]
    assert [row for row in kept if row[0] == "Total"] == [[_plain(cell) for cell in lines[-1]]]


def _as_on_the_page(line: dict[str, str]) -> list[str]:
    average, back, spent = line["Average receipt"], line["Returns"], line["Points redeemed"]
    return [
        line["Receipts"],
        f"€{line['Sales']}",
        f"€{average}" if average else "—",
        f"{back} −€{line['Paid back']}" if back != "0" else "—",
        line["Members who bought"],
        line["New members"] or "—",
        line["Points issued"],
        f"{spent} €{line['Paid with points']}" if spent != "0" else "0",
    ]


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"{Decimal(text).normalize():f}" if re.fullmatch(r"[\d.]+", text) else text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_without_days_it_is_this_month_and_a_quiet_one_says_so(reader: FlaskClient, shop: Shop, language: str) -> None:
    transact(lambda: execute("UPDATE member SET enrolled_at = '2020-01-01'"))
    reader.set_cookie("language", language)

    page = reader.get("/portal/reports")

    assert page.status_code == 200 and "<tfoot" not in page.text
    assert ("Nothing in these days" if language == "en" else "За эти дни ничего нет") in page.text
    assert re.search(r'name="since"[^>]*value="20\d\d-\d\d-01"|value="20\d\d-\d\d-01"[^>]*name="since"', page.text)


def test_a_month_in_which_somebody_only_enrolled_is_not_quiet(reader: FlaskClient, sold: dict) -> None:
    assert rows(reader, "since=2026-10-01&until=2026-10-04&by=outlet") == []
    transact(lambda: execute("UPDATE member SET enrolled_at = '2026-10-02T12:00:00Z'"))

    assert [row[0] for row in rows(reader, "since=2026-10-01&until=2026-10-04&by=outlet")] == ["Total"]
    assert [row[6] for row in rows(reader, "since=2026-10-01&until=2026-10-04")] == ["2", "2"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=2026-13-01&until=2026-12-01", "since"),
        ("since=2026-01-01", "until"),
        ("until=2026-01-01", "since"),
        ("since=2026-02-01&until=2026-01-31", "until"),
        ("since=2025-01-01&until=2026-02-05", "until"),
        ("by=colour", "by"),
    ],
)
def test_days_that_cannot_be_reported_are_refused_beside_their_field(
    reader: FlaskClient, sold: dict, query: str, field: str
) -> None:
    answer = reader.get(f"/portal/reports?{query}")

    assert answer.status_code == 422 and "error-summary" in answer.text and f'id="{field}-error"' in answer.text

    file = reader.get(f"/portal/reports.csv?{query}")
    assert (file.status_code, "filters of this list" in file.text) == (422, True)
    assert fetch_one("SELECT count(*) AS n FROM audit WHERE action = 'list.exported'").n == 0
    assert "<tfoot" not in answer.text


def test_four_hundred_days_are_reported(reader: FlaskClient, sold: dict) -> None:
    assert len(rows(reader, "since=2025-10-01&until=2026-11-04&by=month")) == 3


def test_sales_are_drawn_over_days_and_months_and_not_over_outlets(reader: FlaskClient, sold: dict) -> None:
    drawn = [
        by for by in ("day", "month", "outlet") if "chart-wide" in reader.get(f"/portal/reports?{BOTH}&by={by}").text
    ]

    assert drawn == ["day", "month"]


def test_a_row_leads_to_its_receipts(reader: FlaskClient, sold: dict) -> None:
    page = reader.get("/portal/reports?since=2026-09-15&until=2026-10-31&by=month").text

    (address,) = set(re.findall(r'href="(/portal/operations\?since=2026-09-15[^"]*)"', page))
    found = reader.get(address.replace("&amp;", "&")).text
    assert "€20.00" in found and "€10.00" not in found and "€30.00" not in found


def test_who_only_ships_orders_sees_no_report(sign_in: Sign, shop: Shop) -> None:
    supplier = sign_in(shop.partner, "supplier")

    assert supplier.get("/portal/reports").status_code == 403
    assert supplier.get("/portal/reports.csv").status_code == 403
