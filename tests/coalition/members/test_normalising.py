"""One spelling for all spellings of the same identifier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.members.normalising import KINDS, check, hint, is_bank_card, normal, refuse_bank_cards, region_of

SAME = {
    "card": [
        "6032 0000 0000 0017",
        "6032-0000-0000-0017",
        ";6032000000000017=29121011234567890?",
        "%B6032000000000017^OZOLA/ANNA^29121011234567890?",
        "%B6032000000000017^OZOLA/ANNA^2912?;6032000000000017=2912?",
        " ;6032000000000017? ",
    ],
    "chip": ["a1b2 c3d4", "A1B2-C3D4", "A1B2C3D4"],
    "barcode": ["0036000291452", "036000291452", "0 36000 29145 2", "00036000291452", "03600029145", "*036000291452*"],
    "nfc": ["04:a2:24:b2:2c:5b:80", "04A224B22C5B80", "0x04a224b22c5b80", "04-a2-24-b2-2c-5b-80"],
    "rfid": ["e2 00 00 17", "E2000017"],
    "phone": ["2000 0001", "+371 20000001", "00371 2000-0001", "37120000001", "(+371) 20000001"],
    "email": [" Anna@Example.COM", "anna@example.com"],
    "qr": ["Member/17", " Member/17 "],
}


@pytest.mark.parametrize("kind", SAME)
def test_all_spellings_of_an_identifier_are_one(kind: str) -> None:
    spellings = {normal(kind, spelling, "LV") for spelling in SAME[kind]}

    assert len(spellings) == 1


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("qr", "member/17", "Member/17"),
        ("external", "a-1", "A-1"),
        ("card", "6032 0017", "6032 0018"),
        ("barcode", "4006381333931", "4006381333932"),
        ("phone", "+371 20000001", "+372 20000001"),
        ("barcode", "1234567", "01234567"),
    ],
)
def test_what_differs_stays_different(kind: str, one: str, other: str) -> None:
    assert normal(kind, one, "LV") != normal(kind, other, "LV")


def test_a_national_number_belongs_to_the_programs_country() -> None:
    assert normal("phone", "8 912 345-67-89", region_of("Europe/Moscow")) == "79123456789"
    assert normal("phone", "2000 0001", region_of("Europe/Riga")) == "37120000001"
    assert region_of("Etc/UTC") is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "12"),
        ("phone", "call me"),
        ("nfc", "not hex"),
        ("qr", "CQ1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA"),
        ("bank_card_token", "4111-1111-1111-1111"),
        ("card", " - "),
    ],
)
def test_what_no_identifier_of_the_kind_looks_like_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(kind, value, "", "LV")

    assert refused.value.errors[0].pointer == "/value"


def test_a_token_of_digits_that_is_no_card_number_is_taken() -> None:
    assert is_bank_card("4111111111111111")
    assert not is_bank_card("4111111111111112")
    check("bank_card_token", "4111111111111112", "")


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_a_normal_spelling_is_its_own_and_a_hint_is_never_more_than_a_quarter(kind: str, value: str) -> None:
    once = normal(kind, value, "LV")

    assert len(hint(kind, value, "LV")) <= max(len(once) // 4, 0)
    if kind in ("nfc", "rfid", "email", "qr", "external", "app"):
        assert normal(kind, once, "LV") == once


@pytest.mark.parametrize(
    "text", ["4111111111111111", "paid by 4111 1111-1111 1111.", "№4242424242424242!", "2200 0000 0000 0053"]
)
def test_a_bank_card_in_what_people_write_is_refused_at_its_pointer(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        refuse_bank_cards(profile__first_name=text, profile__last_name="Ozola")

    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/profile/first_name", "card_number_refused")]


@pytest.mark.parametrize(
    "text", ["", "Anna", "4111111111111112", "9843000000004417", "+371 20000001", "99994111111111111111", "order 41111"]
)
def test_what_holds_no_bank_card_is_taken(text: str) -> None:
    refuse_bank_cards(note=text)
