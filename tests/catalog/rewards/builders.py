"""Builders of a shelf: several suppliers' files imported as they would be, and cards named by their articles."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field

from catalog import rewards, suppliers
from catalog.jobs.feeds import carry_out
from catalog.rewards import RewardQuery
from coalition import programs
from coalition.kernel import ports
from coalition.kernel.db import db, transact
from coalition.ports import FileStore
from tests.builders import a_program
from tests.catalog.builders import a_category, a_file, a_supplier

PEN = "4006381333931"  # a pen's EAN-13
_numbers = itertools.count(1)


@dataclass
class Shop:
    """A program with the category `home` and suppliers by code, each with one feed."""

    program: programs.Program
    suppliers: dict[str, suppliers.Supplier] = field(default_factory=dict)
    feeds: dict[str, suppliers.Feed] = field(default_factory=dict)

    def supplies(self, code: str, *offers: str) -> None:
        """Import a supplier's file with these offers; a second file replaces what the first said."""
        if code not in self.feeds:
            self.suppliers[code] = transact(lambda: a_supplier(self.program, code))
            guards = suppliers.Guards(missing_percent=100, overlap_percent=0, quarantine_percent=100)
            supplier_id = self.suppliers[code].id
            self.feeds[code] = transact(lambda: suppliers.create_feed(supplier_id, "main", guards=guards))
        key = f"uploads/shelf-{next(_numbers)}.yml"
        ports.get(FileStore).put(key, io.BytesIO(a_file(*offers)))
        run = transact(lambda: suppliers.open_run(self.feeds[code].id, file_key=key))
        assert carry_out(run.id).state == "applied"
        db.session.rollback()

    def found(self, **query: object) -> list[str]:
        """The articles of the cards found, by price unless asked otherwise; counting agrees."""
        wanted = RewardQuery(**{"sort": "price", **query})
        cards = rewards.search(self.program.id, wanted, limit=200).items
        assert rewards.count(self.program.id, wanted) == len(cards) == len(rewards.matching(self.program.id, wanted))
        return [card.supplier_sku for card in cards]

    def one(self, sku: str) -> rewards.Reward:
        """The reward of this article."""
        ids = rewards.matching(self.program.id, RewardQuery(q=sku))
        return next(one for one in rewards.by_ids(self.program.id, ids) if one.supplier_sku == sku)


def a_shop(code: str = "bonus") -> Shop:
    """A program with an empty shelf `home`."""

    def create() -> programs.Program:
        program = a_program(code)
        a_category(program)
        return program

    return Shop(transact(create))
