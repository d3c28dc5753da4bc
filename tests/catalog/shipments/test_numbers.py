"""A tracking number is known by its form and its check digit; a wrong digit is refused where the form is known."""

from __future__ import annotations

import pytest
from tracking_numbers import DEFINITIONS

from catalog.shipments import numbers
from coalition.kernel.errors import Invalid

# One valid number of each form that has a check digit, as its carrier prints it.
VALID = {
    "s10": ["RB123456785GB", "RA123456785RU", "RR473124829LV", "EE 123 456 785 US", "lk123456785de"],
    "ups": ["1Z5R89390357567127", "1Z 879E 930 346834440"],
    "fedex": ["986578788855", "477179081230", "9611020987654312345672"],
    "usps": ["0307 1790 0005 2348 3741", "7112 3456 7891 2345 6787"],
    "dhl": ["73891051146"],
    "ontrac": ["C11031500001879", "C10999911320231"],
}


def other_digit(number: str) -> str:
    """The number with its last digit changed."""
    at = max(place for place, char in enumerate(number) if char.isdigit())
    return number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]


@pytest.mark.parametrize(("form", "number"), [(form, number) for form, those in VALID.items() for number in those])
def test_a_number_of_a_form_is_taken_and_one_with_a_wrong_digit_refused(form: str, number: str) -> None:
    numbers.check(number, [form])

    with pytest.raises(Invalid) as refused:
        numbers.check(other_digit(numbers.plain(number)), [form])

    assert refused.value.code == "tracking_number_invalid"
    assert "digit" in refused.value.detail


@pytest.mark.parametrize(
    ("serial", "digit"), [("12345678", "5"), ("47312482", "9"), ("00000000", "5"), ("00000010", "2"), ("00000008", "0")]
)
def test_the_check_digit_of_s10_by_hand(serial: str, digit: str) -> None:
    assert numbers.s10_digit(serial) == digit
    assert numbers.is_valid(f"RR{serial}{digit}LV", ["s10"])
    assert [numbers.is_valid(f"RR{serial}{wrong}LV", ["s10"]) for wrong in range(10)].count(True) == 1


@pytest.mark.parametrize(
    "number", ["", "RR", "RR123456785", "RR123456785ZZ", "R1123456785LV", "RR12345678٥LV", "x" * 60]
)
def test_what_has_no_known_form_is_refused_too(number: str) -> None:
    with pytest.raises(Invalid, match=r"form|digit"):
        numbers.check(number, ["s10"])


def test_a_carrier_may_give_numbers_of_several_forms() -> None:
    numbers.check(VALID["ups"][0], ["ups", "s10"])
    numbers.check(VALID["s10"][0], ["ups", "s10"])
    with pytest.raises(Invalid):
        numbers.check(VALID["dhl"][0], ["ups", "s10"])


def test_a_carrier_without_forms_may_give_any_number_and_a_wrong_digit_is_a_hint() -> None:
    numbers.check("anything at all", [])

    assert numbers.hint("RB 123 456 784 GB") == "check_digit"
    assert numbers.hint("RB123456785GB") == ""
    assert numbers.hint("PARCEL-7") == ""


def test_the_forms_are_those_of_the_library() -> None:
    assert {definition.courier.code for definition in DEFINITIONS} == numbers.FORMS
    assert set(VALID) < numbers.FORMS
