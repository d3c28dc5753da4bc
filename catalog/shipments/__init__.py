"""Parcels: announced by suppliers, scanned by carriers, their status drawn from an append-only log.

Publishes `shipment.updated`; the delivery itself (`order.delivered`) is the orders room's news.
"""

from catalog.shipments.callbacks import CARRIER, SUPPLIER, Wait, receive, understand
from catalog.shipments.carriers import add_carrier, carrier, secret_of
from catalog.shipments.following import register, scan
from catalog.shipments.formats import read
from catalog.shipments.laws import laws
from catalog.shipments.reading import of_consignments
from catalog.shipments.signing import message_id, signed, standard
from catalog.shipments.tracking import Scan
from catalog.shipments.types import Carrier, Shipment, TrackingEvent
from catalog.shipments.vocabularies import OURS, VOCABULARIES

__all__ = [
    "CARRIER",
    "OURS",
    "SUPPLIER",
    "VOCABULARIES",
    "Carrier",
    "Scan",
    "Shipment",
    "TrackingEvent",
    "Wait",
    "add_carrier",
    "carrier",
    "laws",
    "message_id",
    "of_consignments",
    "read",
    "receive",
    "register",
    "scan",
    "secret_of",
    "signed",
    "standard",
    "understand",
]
