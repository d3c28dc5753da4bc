"""Every word of every vocabulary means what the design's table says: one by one, and none is left out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from catalog.shipments import vocabularies
from catalog.shipments.vocabularies import OURS, STAGES, VOCABULARIES, Meaning, incident, meaning

# Our status: the words, with their details, that mean it; `!` says that somebody has to act.
EXPECTED: dict[str, dict[str, str]] = {
    "easypost": {
        "unknown": "unknown error",
        "pre_transit": "pre_transit in_transit+label_created",
        "picked_up": "in_transit+received_at_origin_facility",
        "in_transit": "in_transit in_transit+arrived_at_destination in_transit+arrived_at_facility"
        " in_transit+departed_facility in_transit+departed_origin_facility in_transit+in_transit"
        " in_transit+received_at_destination_facility in_transit+status_update"
        " in_transit+transferred_to_destination_carrier in_transit+unknown",
        "on_hold": "in_transit+address_correction! in_transit+awaiting_information! in_transit+damaged"
        " in_transit+failure in_transit+held in_transit+lost",
        "delayed": "in_transit+delayed in_transit+missorted in_transit+transit_exception in_transit+weather_delay",
        "out_for_delivery": "out_for_delivery in_transit+out_for_delivery",
        "available_for_pickup": "available_for_pickup in_transit+arrived_at_pickup_location",
        "attempt_failed": "in_transit+delivery_exception in_transit+refused! out_for_delivery+delivery_exception",
        "returning": "return_to_sender return_to_sender+refused in_transit+return failure+return",
        "failed": "failure failure+refused failure+address_correction failure+weather_delay",
        "damaged": "failure+damaged",
        "lost": "failure+lost",
        "cancelled": "cancelled canceled in_transit+cancelled",
        "expired": "in_transit+expired",
        "delivered": "delivered",
    },
    "aftership": {
        "unknown": "Pending Pending+Pending_001 Pending+Pending_002 Pending+Pending_003 Pending+Pending_004"
        " Pending+Pending_005 Pending+Pending_006",
        "pre_transit": "InfoReceived InfoReceived+InfoReceived_001",
        "picked_up": "InTransit+InTransit_002",
        "in_transit": "InTransit InTransit+InTransit_001 InTransit+InTransit_003 InTransit+InTransit_004"
        " InTransit+InTransit_005 InTransit+InTransit_006 InTransit+InTransit_007 InTransit+InTransit_008"
        " InTransit+InTransit_009",
        "on_hold": "Exception! Exception+Exception_001! Exception+Exception_004 Exception+Exception_006!"
        " Exception+Exception_007! Exception+Exception_018!",
        "delayed": "Exception+Exception_005 Exception+Exception_016 Exception+Exception_017 Exception+Exception_019",
        "out_for_delivery": "OutForDelivery OutForDelivery+OutForDelivery_001 OutForDelivery+OutForDelivery_003"
        " OutForDelivery+OutForDelivery_004",
        "available_for_pickup": "AvailableForPickup AvailableForPickup+AvailableForPickup_001",
        "attempt_failed": "AttemptFail AttemptFail+AttemptFail_001 AttemptFail+AttemptFail_002"
        " AttemptFail+AttemptFail_003 Exception+Exception_002! Exception+Exception_003! Exception+Exception_008!",
        "returning": "Exception+Exception_010",
        "returned": "Exception+Exception_011",
        "failed": "Exception+Exception_009 Exception+Exception_021",
        "damaged": "Exception+Exception_012",
        "lost": "Exception+Exception_013",
        "cancelled": "Exception+Exception_020",
        "expired": "Expired Expired+Expired_001",
        "delivered": "Delivered Delivered+Delivered_001 Delivered+Delivered_002 Delivered+Delivered_003"
        " Delivered+Delivered_004 Delivered+Delivered_005",
    },
    "shippo": {
        "unknown": "UNKNOWN",
        "pre_transit": "PRE_TRANSIT PRE_TRANSIT+information_received",
        "picked_up": "TRANSIT+package_accepted",
        "in_transit": "TRANSIT TRANSIT+delivery_scheduled TRANSIT+package_arrived TRANSIT+package_departed"
        " TRANSIT+package_forwarded TRANSIT+package_processed TRANSIT+package_processing",
        "on_hold": "TRANSIT+address_issue! TRANSIT+contact_carrier! TRANSIT+package_damaged TRANSIT+package_held",
        "delayed": "TRANSIT+delayed TRANSIT+delivery_rescheduled",
        "out_for_delivery": "TRANSIT+out_for_delivery",
        "available_for_pickup": "TRANSIT+pickup_available",
        "attempt_failed": "TRANSIT+delivery_attempted TRANSIT+location_inaccessible! TRANSIT+notice_left!"
        " TRANSIT+reschedule_delivery!",
        "returning": "RETURNED+return_to_sender RETURNED+package_unclaimed",
        "returned": "RETURNED",
        "failed": "FAILURE FAILURE+package_undeliverable FAILURE+package_disposed FAILURE+other",
        "lost": "FAILURE+package_lost",
        "delivered": "DELIVERED DELIVERED+delivered",
    },
    "karrio": {
        "unknown": "unknown",
        "pre_transit": "pending",
        "picked_up": "picked_up",
        "in_transit": "in_transit",
        "on_hold": "on_hold on_hold+delivery_exception_hold",
        "delayed": "delivery_delayed delivery_delayed+natural_disaster",
        "out_for_delivery": "out_for_delivery",
        "available_for_pickup": "ready_for_pickup",
        "attempt_failed": "delivery_failed delivery_failed+consignee_incorrect_address!"
        " delivery_failed+customs_duties_unpaid!",
        "returning": "return_to_sender",
        "failed": "delivery_failed+delivery_exception_undeliverable delivery_failed+natural_disaster",
        "damaged": "delivery_failed+carrier_damaged_parcel",
        "lost": "delivery_failed+carrier_parcel_lost",
        "cancelled": "cancelled",
        "delivered": "delivered",
    },
    "schema_org": {
        "pre_transit": "OrderProcessing OrderPaymentDue",
        "in_transit": "OrderInTransit",
        "on_hold": "OrderProblem!",
        "available_for_pickup": "OrderPickupAvailable",
        "returned": "OrderReturned",
        "cancelled": "OrderCancelled",
        "delivered": "OrderDelivered",
    },
    "coalition": {
        "pre_transit": "pending InfoReceived OrderProcessing",
        "picked_up": "accepted package_accepted",
        "in_transit": "transit InTransit OrderInTransit",
        "delayed": "delivery_delayed",
        "out_for_delivery": "OutForDelivery",
        "available_for_pickup": "AvailableForPickup ready_for_pickup OrderPickupAvailable",
        "attempt_failed": "AttemptFail delivery_failed",
        "returning": "return_to_sender",
        "returned": "OrderReturned",
        "failed": "failure",
        "cancelled": "OrderCancelled",
        "delivered": "OrderDelivered",
    },
}
VALUES = [
    (vocabulary, *value.rstrip("!").partition("+")[::2], status, value.endswith("!"))
    for vocabulary, statuses in EXPECTED.items()
    for status, values in statuses.items()
    for value in values.split()
]
INCIDENTS = {
    ("easypost", "in_transit", "address_correction"): "consignee_incorrect_address",
    ("easypost", "in_transit", "awaiting_information"): "retailer_missing_information",
    ("easypost", "in_transit", "missorted"): "carrier_sorting_error",
    ("easypost", "in_transit", "weather_delay"): "weather_delay",
    ("easypost", "in_transit", "refused"): "consignee_refused",
    ("easypost", "failure", "lost"): "carrier_parcel_lost",
    ("aftership", "Exception", "Exception_002"): "consignee_moved",
    ("aftership", "Exception", "Exception_004"): "customs_delay",
    ("aftership", "Exception", "Exception_006"): "consignee_payment_due",
    ("aftership", "Exception", "Exception_008"): "consignee_not_collected",
    ("aftership", "Exception", "Exception_012"): "carrier_damaged_parcel",
    ("aftership", "Exception", "Exception_017"): "weather_delay",
    ("aftership", "Exception", "Exception_018"): "customs_documentation",
    ("aftership", "Exception", "Exception_020"): "retailer_cancelled",
    ("shippo", "TRANSIT", "address_issue"): "consignee_incorrect_address",
    ("shippo", "TRANSIT", "package_damaged"): "carrier_damaged_parcel",
    ("shippo", "FAILURE", "package_lost"): "carrier_parcel_lost",
    ("karrio", "delivery_failed", "natural_disaster"): "weather_natural_disaster",
    ("karrio", "delivery_failed", "customs_duties_unpaid"): "customs_duties_unpaid",
}


@pytest.mark.parametrize(("vocabulary", "word", "detail", "status", "action"), VALUES)
def test_a_word_means_what_the_table_of_the_design_says(
    vocabulary: str, word: str, detail: str, status: str, action: bool
) -> None:
    means = meaning(vocabulary, word, detail)

    assert (means.status, means.action_required) == (status, action)


def test_every_row_of_the_table_is_among_the_values_above() -> None:
    tested = {(vocabulary, word.lower(), detail.lower()) for vocabulary, word, detail, *_ in VALUES}
    with Path(vocabularies.__file__).with_name("vocabularies.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))

    assert {(row["vocabulary"], row["word"], row["detail"]) for row in rows} == tested
    assert {row["vocabulary"] for row in rows} == set(VOCABULARIES)
    assert {row["status"] for row in rows} <= set(STAGES)
    assert {row["flags"] for row in rows} == {"", "action", "first"}
    assert all(row["incident"] == incident(row["incident"]) for row in rows)


@pytest.mark.parametrize(("words", "reason"), INCIDENTS.items())
def test_an_incident_has_its_reason(words: tuple[str, str, str], reason: str) -> None:
    assert meaning(*words).incident == reason


@pytest.mark.parametrize("status", STAGES)
def test_our_own_words_mean_themselves(status: str) -> None:
    assert meaning(OURS, status) == Meaning(status)


@pytest.mark.parametrize(
    ("word", "detail"), [("", ""), ("lost in space", ""), ("lost in space", "refused"), ("\u0000", "x"), ("/", "/")]
)
@pytest.mark.parametrize("vocabulary", [*VOCABULARIES, "morse"])
def test_a_strange_word_is_unknown_and_no_error(vocabulary: str, word: str, detail: str) -> None:
    assert meaning(vocabulary, word, detail) == Meaning("unknown")


def test_a_strange_detail_leaves_the_word_its_meaning() -> None:
    assert meaning("shippo", "TRANSIT", "abducted").status == "in_transit"


@pytest.mark.parametrize("address", ["https://schema.org/OrderDelivered", "http://schema.org/OrderDelivered"])
def test_a_word_of_schema_org_may_come_as_an_address(address: str) -> None:
    assert meaning("schema_org", address).status == "delivered"


@pytest.mark.parametrize(
    "reason", ["", "gremlins", "carrier", "carrier_", "carrier_x; DROP TABLE", "weather_" + "x" * 99]
)
def test_a_reason_outside_the_five_groups_is_none(reason: str) -> None:
    assert incident(reason) == ""
    assert incident("Consignee Not Home") == "consignee_not_home"
