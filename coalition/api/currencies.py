"""Currencies over HTTP: how many decimals an amount has, which nothing else on the wire says."""

from __future__ import annotations

from typing import Any

from coalition import programs
from coalition.api.schemas.currencies import CurrenciesSchema
from coalition.kernel.db import transact
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import Page, PagingSchema, part_of

blp = ApiBlueprint("currencies", __name__, description="What amounts are counted in.")


@blp.route("/currencies")
@needs("members:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, CurrenciesSchema)
def list_currencies(paging: dict[str, Any]) -> Page[dict[str, Any]]:
    """The program's money and its points, each with its decimals."""

    def work() -> Page[dict[str, Any]]:
        program_id = caller().program_id
        points = [_points(one, main=at == 0) for at, one in enumerate(programs.currencies(program_id))]
        return part_of([_money(programs.get(program_id)), *points], paging["cursor"], paging["limit"])

    return transact(work)


def _money(of: programs.Program) -> dict[str, Any]:
    facts = {"code": of.currency, "kind": "money", "decimals": of.currency_decimals}
    return {**facts, "name": None, "main": True, "spendable": True}


def _points(one: programs.Currency, *, main: bool) -> dict[str, Any]:
    facts = {"code": one.code, "kind": "points", "decimals": one.decimals}
    name = {"en": one.name_en, "ru": one.name_ru}
    return {**facts, "name": name, "main": main, "spendable": one.spendable}
