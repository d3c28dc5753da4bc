"""Files of transfers: each payment in one file, the file the same whoever asks for it and however often."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from lxml import etree

from coalition.kernel import ports
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict
from settlement import payouts
from settlement.payouts import Run, bank
from settlement.ports import BankFiles
from tests.integrations.bank.camt import Entry, Transfer
from tests.racing import at_once
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.bank.builders import Lost, a_committed_run, an_iban, content, export, ref, standing, tell
from tests.settlement.payouts.builders import Finance, as_actor, of, work_off

SPACE = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


def texts(xml: bytes, tag: str) -> list[str | None]:
    return [element.text for element in etree.fromstring(xml).iter(f"{SPACE}{tag}")]


def test_what_is_paid_by_bank_stands_in_one_file_of_the_run(coalition: Coalition, run: Run) -> None:
    [file] = export(run)

    xml = content(file)
    assert (file.orders, file.total_minor, file.currency) == (2, 996, "EUR")
    assert hashlib.sha256(xml).hexdigest() == file.sha256
    assert texts(xml, "MsgId") == [file.message_id]
    assert texts(xml, "EndToEndId") == [ref(coalition, run, name) for name in ("B", "S")]
    assert texts(xml, "InstdAmt") == ["2.70", "7.26"]
    ibans = [an_iban(coalition.entities[name]) for name in ("B", "S")]
    assert texts(xml, "IBAN")[1:] == ibans


def test_exporting_again_gives_the_same_file(run: Run) -> None:
    first, again = export(run), export(run)

    assert first == again
    assert content(first[0]) == content(again[0])


def test_of_many_who_export_at_once_one_orders_and_all_get_its_file(house: Flask, run: Run) -> None:
    found = at_once(house, [lambda: export(run)] * 4)

    assert len({files[0].sha256 for files in found}) == 1
    assert len(transact(lambda: fetch_all("SELECT 1 FROM bank_order"))) == 2


def test_a_file_that_could_not_be_kept_orders_nothing(run: Run) -> None:
    with pytest.raises(OSError, match="full"):
        bank.export(run.id, ports.get(BankFiles), Lost(), transact)

    assert transact(lambda: bank.files_of(run.id)) == []
    assert export(run)[0].no == 1


def test_a_transfer_that_came_back_is_ordered_once_more_when_it_is_asked_for_again(
    coalition: Coalition, run: Run
) -> None:
    export(run)
    mine = of(coalition, run, "B")
    tell(Entry("-2.70", "R1", [Transfer(mine.ref)]))
    tell(Entry("2.70", "R2", [Transfer(mine.ref, reason="AC04")]), number="S2")
    assert len(export(run)) == 1

    transact(lambda: payouts.retry(mine.id))
    work_off()
    files = export(run)

    assert [(file.no, file.orders, file.total_minor) for file in files] == [(1, 2, 996), (2, 1, 270)]
    assert export(run) == files


def test_of_a_transfer_that_came_back_in_part_only_that_part_is_ordered_once_more(
    coalition: Coalition, run: Run
) -> None:
    export(run)
    mine = of(coalition, run, "B")
    tell(Entry("-2.70", "R1", [Transfer(mine.ref)]))
    tell(Entry("0.70", "R2", [Transfer(mine.ref, reason="AC04")]), number="S2")
    assert standing(mine) == ("rejected", 200)

    transact(lambda: payouts.retry(mine.id))
    work_off()
    files = export(run)
    assert [(file.no, file.orders, file.total_minor) for file in files] == [(1, 2, 996), (2, 1, 70)]
    assert texts(content(files[1]), "InstdAmt") == ["0.70"]

    tell(Entry("-0.70", "R3", [Transfer(mine.ref)]), number="S3")
    assert standing(mine) == ("settled", 270)
    assert broken_laws() == {}


def test_without_an_account_of_the_operator_nothing_is_ordered(coalition: Coalition, finance: Finance) -> None:
    people = finance
    for entity_id in coalition.entities.values():
        people.give_account(entity_id, kind="iban", iban=an_iban(entity_id), connected="", email="")
    run = a_committed_run(coalition, people)

    with pytest.raises(Conflict, match="account_missing"):
        export(run)


def test_a_run_that_is_not_committed_orders_nothing(coalition: Coalition, people: Finance) -> None:
    run = as_actor(people.first, lambda: payouts.prepare(coalition.program.id, "2026-05"))

    with pytest.raises(Conflict, match="nothing_to_order"):
        export(run)
