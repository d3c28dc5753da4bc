"""Hostile archives and workbooks through every door that takes a file: each ends refused by a code that is explained.

A door that stores first answers 202, or sends its page on, and its job refuses; one that reads at once answers 4xx.
"""

from __future__ import annotations

import io
from itertools import cycle
from typing import Any

import pytest
from werkzeug.test import TestResponse

from catalog import suppliers
from coalition import access, programs
from coalition.api.error_codes.of_files import FEED_CODES, FILE_CODES
from coalition.kernel import jobs
from coalition.kernel.db import transact
from tests.walls.archives import archives, workbooks
from tests.walls.digest import digest
from tests.walls.tenants import PASSWORD, Tenant

_FORM = "multipart/form-data"
_WORST = (
    "zip bomb",
    "bzip2 bomb",
    "workbook bomb of texts",
    "workbook with an outer entity",
)


# What files fill, of each door; the runs themselves and what other jobs do may stay.
_FILLED = {"purchase", "entry", "offer", "code", "carrier_tariff", "bank_statement", "bank_entry", "bank_file"}
_FILLED |= {"tariff_zone", "pickup_point", "price_grant", "reconciliation_difference", "reward", "suspense"}


@pytest.fixture(scope="module")
def book_feed(settled: dict[str, Tenant]) -> str:
    """The code of a feed of workbooks, beside the one of YML that each tenant has."""
    mine = settled["mine"]
    with mine.app.app_context():
        supplier = transact(lambda: suppliers.of_partner(mine.partner.program_id, mine.partner.id, mine.ids["code"]))
        return transact(lambda: suppliers.create_feed(supplier.id, "zq-books", format="xlsx")).code


def _by_body(mine: Tenant, path: str, content: bytes) -> TestResponse:
    return mine.call("POST", path, data=content, headers={"Content-Type": "application/octet-stream"})


def _by_form(mine: Tenant, path: str, content: bytes) -> TestResponse:
    return mine.call("POST", path, data={"file": (io.BytesIO(content), "file.zip")}, content_type=_FORM)


def _by_page(mine: Tenant, path: str, content: bytes) -> TestResponse:
    client = mine.app.test_client(use_cookies=False)
    headers = {"Cookie": f"session={mine.cookies['partner_admin']}"}
    form = {"file": (io.BytesIO(content), "file.csv"), "do": "keep"}
    return client.post(path, data=form, content_type=_FORM, headers=headers, buffered=True)


def _run(mine: Tenant, feed: str, content: bytes, door: str) -> dict[str, Any]:
    """The end of the run of a file that is sent by one of the doors for feeds."""
    api, page = f"/suppliers/{mine.ids['code']}/feeds/{feed}/runs", f"/portal/supply/feeds/{mine.ids['code']}/{feed}"
    send, path = {"body": (_by_body, api), "form": (_by_form, api), "portal": (_by_page, page)}[door]
    sent = send(mine, path, content)
    assert sent.status_code == (303 if door == "portal" else 202), (door, sent.text[:300])
    run = sent.location.rpartition("/")[2] if door == "portal" else sent.get_json()["id"]
    jobs.run_due(20)
    return dict(mine.call("GET", f"{api}/{run}").get_json())


@pytest.fixture(scope="module")
def staff(settled: dict[str, Tenant]) -> dict[str, str]:
    """The cookie of an administrator, who may send what staff alone may."""
    house = settled["mine"].app
    with house.app_context():
        transact(lambda: access.create_user("walls@coral.example", PASSWORD, ["admin"], "staff"))
    browser = house.test_client()
    browser.post("/login", data={"email": "walls@coral.example", "password": PASSWORD})
    cookie = browser.get_cookie("session")
    assert cookie is not None
    return {"Cookie": f"session={cookie.value}"}


def _staff_doors(mine: Tenant) -> dict[str, dict[str, str]]:
    """Every page of staff that takes files, with what else its form asks."""
    program = transact(lambda: programs.get(mine.partner.program_id)).code
    asked = {"program": program, "partner": mine.partner.code}
    feed = f"/console/catalog/feeds/{mine.ids['code']}/{mine.ids['feed']}"
    return {
        "/console/registries/new": asked,
        "/console/reconciliation": {"partner": f"{program}/{mine.partner.code}", "period": "2026-05"},
        "/console/bank/statements": asked,
        "/console/catalog/delivery/import": {**asked, "table": "tariffs"},
        "/console/catalog/codes/1": asked,
        feed: asked,
    }


def _code_for(name: str) -> set[str]:
    """How a feed may call a danger of this name."""
    if " with a way" in name or " with an absolute" in name or name.endswith(("a link", "a drive", "encrypted")):
        return {"archive_unsafe"}
    return {"archive_bomb"} if name.startswith("workbook bomb") else set(FEED_CODES)


def test_a_feed_refuses_every_hostile_archive_whichever_door_it_comes_by(
    tenants: dict[str, Tenant], book_feed: str
) -> None:
    mine, doors, ends = tenants["mine"], cycle(("body", "form", "portal")), {}

    for feed, files in ((mine.ids["feed"], archives()), (book_feed, workbooks())):
        for name, content in files.items():
            ends[name] = _run(mine, feed, content, next(doors))

    assert len(ends) >= 25
    assert {name: end["state"] for name, end in ends.items() if end["state"] != "refused" or end["rows_ok"]} == {}
    wrong = {name: end["reason_code"] for name, end in ends.items() if end["reason_code"] not in _code_for(name)}
    assert wrong == {}


@pytest.mark.parametrize("door", ["body", "form", "portal"])
def test_each_door_for_feeds_refuses_a_bomb_and_a_way_out(
    tenants: dict[str, Tenant], book_feed: str, door: str
) -> None:
    files = [workbooks()[name] for name in ("workbook bomb of texts", "workbook with a way up")]

    told = [_run(tenants["mine"], book_feed, content, door)["reason_code"] for content in files]

    assert told == ["archive_bomb", "archive_unsafe"]


@pytest.mark.parametrize("path", ["/registries", "/reconciliations?period=2026-05"])
def test_a_registry_takes_nothing_of_a_hostile_archive(tenants: dict[str, Tenant], path: str) -> None:
    mine, doors, ends = tenants["mine"], cycle((_by_body, _by_form)), {}

    for name, content in (archives() | workbooks()).items():
        sent = next(doors)(mine, path, content)
        assert sent.status_code == 202, (name, sent.text[:300])
        jobs.run_due(20)
        ends[name] = mine.call("GET", f"{path.partition('?')[0]}/{sent.get_json()['id']}").get_json()

    assert len(ends) >= 25
    assert {name: end["state"] for name, end in ends.items() if end["state"] not in ("finished", "failed")} == {}
    assert {name for name, end in ends.items() if end.get("accepted")} == set()
    assert {name for name, end in ends.items() if not (end.get("rejected") or end["error"] in FILE_CODES)} == set()


def test_the_portal_s_page_for_registries_takes_nothing_of_a_hostile_archive(tenants: dict[str, Tenant]) -> None:
    mine, ends = tenants["mine"], {}

    for name, content in (archives() | workbooks()).items():
        sent = _by_page(mine, "/portal/registries/new", content)
        jobs.run_due(20)
        number = sent.location.rpartition("/")[2] if sent.status_code == 303 else ""
        ends[name] = mine.call("GET", f"/registries/{number}").get_json() if number else {"state": sent.status_code}

    assert {name: end["state"] for name, end in ends.items() if end["state"] not in ("finished", "failed", 422)} == {}
    assert len([end for end in ends.values() if end["state"] == "failed"]) >= 10
    assert {name for name, end in ends.items() if end.get("accepted")} == set()


def test_a_file_of_outlets_that_is_an_archive_is_refused_at_once(tenants: dict[str, Tenant]) -> None:
    mine, before = tenants["mine"], digest()

    answers = {
        name: _by_page(mine, "/portal/outlet-file", content) for name, content in (archives() | workbooks()).items()
    }

    assert {name: one.status_code for name, one in answers.items() if not 400 <= one.status_code < 500} == {}
    assert {name for name, one in answers.items() if "Traceback" in one.text} == set()
    assert digest() == before


def test_every_page_of_staff_that_takes_files_is_among_these_doors(tenants: dict[str, Tenant]) -> None:
    mine = tenants["mine"]
    routes, views = mine.app.url_map.bind("localhost"), mine.app.view_functions
    doors = {routes.match(path, "POST")[0] for path in _staff_doors(mine)}

    partners_own = ("supply.", "portal.")
    taking = {name for name, view in views.items() if hasattr(view, "body_max") and not name.startswith(partners_own)}

    assert doors == taking


def test_no_page_of_staff_takes_anything_of_a_hostile_archive(
    tenants: dict[str, Tenant], staff: dict[str, str]
) -> None:
    jobs.run_due(100)
    mine, before, answers = tenants["mine"], digest(), {}
    client = mine.app.test_client(use_cookies=False)

    for name in _WORST:
        content = (archives() | workbooks())[name]
        for path, asked in _staff_doors(mine).items():
            form = {**asked, "file": (io.BytesIO(content), "file.csv")}
            answers[name, path] = client.post(path, data=form, content_type=_FORM, headers=staff, buffered=True)
    jobs.run_due(100)

    assert {
        at: one.status_code for at, one in answers.items() if one.status_code not in (303, 400, 404, 413, 422)
    } == {}
    assert [at for at, one in answers.items() if "Traceback" in one.text] == []
    after = digest()
    assert after.keys() >= _FILLED
    assert {name for name in _FILLED if after[name] != before[name]} == set()
    storing = {path.split("/")[2] for (_, path), one in answers.items() if one.status_code == 303}
    assert storing == {"registries", "reconciliation", "catalog"}, "the others read at once"
