"""Parcels: announced by suppliers, scanned by carriers, their status drawn from an append-only log.

Publishes `shipment.updated`; the delivery itself (`order.delivered`) is the orders room's news.
"""

from catalog.shipments.alarms import alarms, dismiss
from catalog.shipments.callbacks import CARRIER, NEWS, SUPPLIER, SetAside, Wait, receive, set_aside, understand
from catalog.shipments.carriers import add_carrier, carrier, carriers, rekey_carrier, secret_of
from catalog.shipments.following import is_owed, register, register_return, scan
from catalog.shipments.formats import read
from catalog.shipments.laws import laws
from catalog.shipments.numbers import FORMS as NUMBER_FORMS
from catalog.shipments.numbers import check as check_number
from catalog.shipments.reading import of_consignments, pickup_code
from catalog.shipments.signing import message_id, signed, standard
from catalog.shipments.silence import fall_silent, silent
from catalog.shipments.tracking import Scan
from catalog.shipments.types import Alarm, Carrier, Shipment, TrackingEvent
from catalog.shipments.vocabularies import OURS, VOCABULARIES

__all__ = [
    "CARRIER",
    "NEWS",
    "NUMBER_FORMS",
    "OURS",
    "SUPPLIER",
    "VOCABULARIES",
    "Alarm",
    "Carrier",
    "Scan",
    "SetAside",
    "Shipment",
    "TrackingEvent",
    "Wait",
    "add_carrier",
    "alarms",
    "carrier",
    "carriers",
    "check_number",
    "dismiss",
    "fall_silent",
    "is_owed",
    "laws",
    "message_id",
    "of_consignments",
    "pickup_code",
    "read",
    "receive",
    "register",
    "register_return",
    "rekey_carrier",
    "scan",
    "secret_of",
    "set_aside",
    "signed",
    "silent",
    "standard",
    "understand",
]
