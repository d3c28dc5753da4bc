"""What is kept of a request: nothing that is a secret or leads to a person."""

from __future__ import annotations

import pytest

from coalition.kernel.request_log.redacting import MASK, redacted, redacted_id, redacted_path

CANARIES = (
    "4276000012345678",
    "4276 0000 1234 5678",
    "4276-0000-1234-5678",
    "+37120000017",
    "+371 (20) 000-017",
    "anna@example.com",
    "token_Zx-Tytc7vwNLwBkC9urUTbLHlkF_LOQaCJfE0NnsMgA",
    "secret_Zx-Tytc7vwNLwBkC9urUTbLHlkF_LOQaCJfE0NnsMgA",
)


@pytest.mark.parametrize("canary", CANARIES)
def test_no_card_phone_address_or_token_is_kept_wherever_it_stands(canary: str) -> None:
    assert canary not in redacted(f"/member {canary} unknown")
    assert canary not in redacted_path(f"/api/v1/members/{canary}/balances")
    assert canary not in redacted_id(canary)


def test_our_own_ids_and_words_stay() -> None:
    path = "/api/v1/members/mbr_0000000000001/identifiers"

    assert redacted_path(path) == path
    assert redacted_path("/api/v1/suppliers/homeline/stock") == "/api/v1/suppliers/homeline/stock"
    assert redacted_id("req_20261126064835_5f48eeecec30") == "req_20261126064835_5f48eeecec30"
    assert redacted("/lines/0/qty_m invalid, /code code_in_use") == "/lines/0/qty_m invalid, /code code_in_use"


def test_what_no_database_keeps_is_left_out_and_the_rest_cut() -> None:
    assert redacted("a\0b\ud800c") == "abc"
    assert len(redacted("x" * 1_000)) == 200
    assert redacted("4276000012345678") == MASK
