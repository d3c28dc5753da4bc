"""What aggregators send is read as it is; what cannot be read says nothing, and nothing that they send is an error."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.shipments import formats
from catalog.shipments.tracking import Scan
from catalog.shipments.vocabularies import VOCABULARIES

AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
EASYPOST = {
    "id": "evt_1",
    "description": "tracker.updated",
    "result": {
        "object": "Tracker",
        "tracking_code": "EZ1",
        "status": "in_transit",
        "weight": 17.6,
        "tracking_details": [
            {
                "message": "Address needs to be corrected",
                "status": "in_transit",
                "status_detail": "address_correction",
                "datetime": "2026-11-20T09:00:00Z",
                "tracking_location": {"city": "Riga", "state": None, "country": "LV"},
            },
            {"message": "?", "status": "teleported", "status_detail": "x", "datetime": "2026-11-20T10:00:00Z"},
        ],
    },
}
AFTERSHIP = {
    "event": "tracking_update",
    "event_id": "1b",
    "msg": {
        "tracking_number": "AS1",
        "tag": "Exception",
        "checkpoints": [
            {
                "tag": "Exception",
                "subtag": "Exception_004",
                "checkpoint_time": "2026-11-20T09:00:00",
                "message": "Held at customs",
                "location": "Riga, LV",
            }
        ],
    },
}
SHIPPO_STATUS = {
    "status": "TRANSIT",
    "substatus": {"code": "location_inaccessible", "text": "No way in", "action_required": True},
    "status_details": "No way in",
    "status_date": "2026-11-20T09:00:00Z",
    "location": {"city": "Riga", "state": "", "zip": "LV-1010", "country": "LV"},
}
SHIPPO = {
    "event": "track_updated",
    "data": {"tracking_number": "SH1", "tracking_status": SHIPPO_STATUS, "tracking_history": [SHIPPO_STATUS]},
}
KARRIO = {
    "event": "tracker_updated",
    "data": {
        "tracking_number": "KA1",
        "status": "delivery_failed",
        "events": [
            {
                "date": "2026-11-20",
                "time": "11:00",
                "code": "NH",
                "description": "Nobody",
                "reason": "consignee_not_home",
            },
            {"timestamp": "2026-11-20T09:00:00Z", "status": "in_transit", "code": "AR", "location": "Riga"},
        ],
    },
}
SCHEMA_ORG = {
    "@type": "ParcelDelivery",
    "trackingNumber": "SO1",
    "partOfOrder": {"@type": "Order", "orderStatus": "https://schema.org/OrderPickupAvailable"},
    "deliveryStatus": {
        "@type": "DeliveryEvent",
        "name": "In the locker",
        "startDate": "2026-11-20T11:00:00+02:00",
        "availableThrough": "2026-11-27T11:00:00+02:00",
        "accessCode": "4711",
        "location": {"address": {"addressLocality": "Riga", "addressCountry": "LV"}},
    },
}


def scan(vocabulary: str, body: dict[str, Any]) -> tuple[str, list[Scan]]:
    ((number, scans),) = formats.told(vocabulary, formats.read(json.dumps(body).encode())).items()
    return number, scans


def test_a_tracker_of_easypost() -> None:
    number, (held, strange) = scan("easypost", EASYPOST)

    assert number == "EZ1"
    assert (held.meaning().status, held.meaning().incident) == ("on_hold", "consignee_incorrect_address")
    assert (held.occurred_at, held.place, held.substatus) == (AT, "Riga, LV", "address_correction")
    assert held.meaning().action_required
    assert (strange.raw_code, strange.meaning().status) == ("teleported", "unknown")


def test_a_tracking_of_aftership_whose_times_without_an_offset_are_in_utc() -> None:
    number, (held,) = scan("aftership", AFTERSHIP)

    assert (number, held.occurred_at, held.place) == ("AS1", AT, "Riga, LV")
    assert (held.meaning().status, held.meaning().incident) == ("on_hold", "customs_delay")


def test_a_track_of_shippo_whose_latest_status_is_in_the_history_too() -> None:
    number, (first, again) = scan("shippo", SHIPPO)

    assert first == again
    assert (number, first.meaning().status, first.place) == ("SH1", "attempt_failed", "Riga, LV")
    assert first.action_required
    assert first.meaning().incident == "consignee_access_restricted"


def test_a_tracker_of_karrio_whose_status_is_that_of_its_newest_event() -> None:
    number, (newest, older) = scan("karrio", KARRIO)

    assert (number, newest.meaning().status, older.meaning().status) == ("KA1", "attempt_failed", "in_transit")
    assert newest.occurred_at == AT + dt.timedelta(hours=2)
    assert newest.meaning().incident == "consignee_not_home"


def test_a_parcel_delivery_of_schema_org_with_the_code_of_a_locker() -> None:
    number, (waiting,) = scan("schema_org", SCHEMA_ORG)

    assert (number, waiting.meaning().status, waiting.place) == ("SO1", "available_for_pickup", "Riga, LV")
    assert (waiting.occurred_at, waiting.pickup_code) == (AT, "4711")
    assert waiting.pickup_until == AT + dt.timedelta(days=7)
    assert "4711" not in repr(waiting)


def test_codes_of_lockers_are_sealed_wherever_they_stand() -> None:
    sealed = formats.with_secrets({"@graph": [SCHEMA_ORG], "pickup_code": 12}, lambda code: f"<{len(code)}>")

    assert sealed["@graph"][0]["deliveryStatus"]["accessCode"] == "<4>"
    assert sealed["pickup_code"] == "<2>"
    assert "4711" not in json.dumps(sealed)


NAMES = """
    result tracking_code tracking_details status status_detail datetime tracking_location msg
    tracking_number checkpoints tag subtag checkpoint_time location data tracking_status
    tracking_history substatus status_date events code reason timestamp date time
    deliveryStatus partOfOrder trackingNumber @graph occurred_at tracking_no startDate
    orderStatus accessCode
"""

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["2026-11-20T09:00:00Z", "EZ1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["result", "msg", "data", "events", "@graph", "status"]), junk, max_size=3))
def test_whatever_a_body_holds_reading_it_is_no_error(body: dict[str, Any]) -> None:
    for vocabulary in VOCABULARIES:
        for number, scans in formats.told(vocabulary, body).items():
            assert number
            assert all(at.meaning().status for at in scans)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"\xff", b"{", b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        formats.read(body)


def test_what_postgresql_cannot_store_is_replaced() -> None:
    assert formats.read(rb'{"a": "x\u0000y\ud800", "b": 1.5, "c": NaN}') == {
        "a": "x\ufffdy\ufffd",
        "b": "1.5",
        "c": "NaN",
    }
