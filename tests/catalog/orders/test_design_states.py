"""The state machines, held against the very lines of the design, which both the code and the database might leave."""

from __future__ import annotations

from itertools import pairwise, product

import psycopg
import pytest
from flask import Flask

from catalog.orders.returning.rma import RMA
from catalog.orders.states import CONSIGNMENT, ORDER
from coalition.kernel.config import Config

CONSIGNMENTS = """
    new > reserving > reserved > confirming > confirmed > preparing > partially_shipped > shipped > delivered > closed
    reserving > rejected; reserved > released; confirming > in_doubt > confirmed; confirming > rejected
    in_doubt > rejected; preparing > shipped
    confirmed > cancel_requested > cancelled; preparing > cancel_requested; cancel_requested > confirmed
    cancel_requested > preparing; confirmed > issued > closed; issued > void_requested > voided; void_requested > issued
"""
ORDERS = """
    > placing > placed > in_progress > completed; placing > rejected; placed > cancelled; in_progress > cancelled
"""
RETURNS = """
    > requested > authorized > in_transit > received > inspected > accepted > refunded > closed
    requested > refused; requested > cancelled; inspected > partly > refunded; inspected > rejected > closed
    authorized > expired; authorized > cancelled; in_transit > lost_in_transit
"""
ROWS = {
    "cart": ("open > checking_out > ordered; checking_out > open; open > abandoned; open > merged", "cart_ways"),
    "quote": ("active > used; active > expired; active > superseded", "quote_ways"),
    "reservation": ("held > committed; held > released", "reservation_ways"),
}
STATES = {
    "cart": ("open", "checking_out", "ordered", "abandoned", "merged"),
    "quote": ("active", "used", "expired", "superseded"),
    "reservation": ("held", "committed", "released"),
}


def ways(text: str) -> set[tuple[str, str]]:
    """The pairs of a text of chains."""
    chains = [
        [state.strip() for state in chain.split(">")] for chain in text.replace("\n", ";").split(";") if chain.strip()
    ]
    return {pair for chain in chains for pair in pairwise(chain)}


@pytest.mark.parametrize(("machine", "text"), [(CONSIGNMENT, CONSIGNMENTS), (ORDER, ORDERS), (RMA, RETURNS)])
def test_a_machine_has_the_ways_of_the_design_and_no_other(machine: dict[str, tuple[str, ...]], text: str) -> None:
    assert {(at, to) for at, targets in machine.items() for to in targets} == ways(text)


@pytest.mark.parametrize("table", ROWS)
def test_a_row_goes_no_way_that_the_design_does_not_list_whoever_writes(
    app: Flask, base_config: Config, table: str
) -> None:
    listed, trigger = ROWS[table]
    owner_url = base_config.owner_url.replace("+psycopg", "")
    refused = set()

    with psycopg.connect(owner_url) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE guarded (LIKE {table})")
        for column in connection.execute(_FILLED, ("guarded",)).fetchall():
            connection.execute(f"ALTER TABLE guarded ALTER COLUMN {column[0]} DROP NOT NULL")
        (definition,) = connection.execute(_TRIGGER, (trigger,)).fetchone() or ("",)
        connection.execute(definition.replace(f"ON public.{table} ", "ON pg_temp.guarded "))
        for at, to in product(STATES[table], repeat=2):
            with connection.transaction(force_rollback=True):
                connection.execute("INSERT INTO guarded (state) VALUES (%s)", (at,))
                try:
                    connection.execute("UPDATE guarded SET state = %s", (to,))
                except psycopg.errors.CheckViolation:
                    refused.add((at, to))
        connection.rollback()

    apart = {(at, to) for at, to in product(STATES[table], repeat=2) if at != to}
    assert apart - refused == ways(listed)


_FILLED = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnotnull AND attnum > 0"
_TRIGGER = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s"
