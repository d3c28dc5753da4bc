"""A console without a program, or with several: nothing falls over, and each program keeps to itself."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel.db import transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop, a_shop


@pytest.mark.parametrize("page", ["", "/members", "/registries", "/suspense", "/approvals"])
def test_without_a_program_there_is_nothing_to_look_at(app: Flask, page: str) -> None:
    assert signed_in(app, "support@coral.test", "support").get(f"/console{page}").status_code == 404


def test_without_a_program_the_list_of_programs_says_so(app: Flask) -> None:
    assert "No programs yet" in signed_in(app, "admin@coral.test", "admin").get("/console/programs").text


def test_several_programs_can_be_switched_between(app: Flask, shop: Shop) -> None:
    other = transact(lambda: a_shop(card="4276000055556666"))
    client = signed_in(app, "support@coral.test", "support")

    for page in ("", "/members", "/registries", "/suspense"):
        text = client.get(f"/console{page}?program={other.program.code}").text
        assert f"program={shop.program.code}" in text
