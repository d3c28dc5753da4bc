"""What it costs: delivery options and quotes, which freeze every price for thirty minutes and are used once."""

from catalog.pricing.queries import find
from catalog.pricing.quoting import TTL_S, quote
from catalog.pricing.tariffs import delivery_options, offer_delivery
from catalog.pricing.types import DeliveryOption, Quote, QuotedLine
from catalog.pricing.using import confirm, deliver_to, expire

__all__ = [
    "TTL_S",
    "DeliveryOption",
    "Quote",
    "QuotedLine",
    "confirm",
    "deliver_to",
    "delivery_options",
    "expire",
    "find",
    "offer_delivery",
    "quote",
]
