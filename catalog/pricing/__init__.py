"""What it costs: personal prices, delivery, and quotes, which freeze every price for thirty minutes, used once."""

from catalog.pricing.applying import Applied
from catalog.pricing.granting import Grant, Granted, define_list, fill_list, grant, grants_of, withdraw
from catalog.pricing.personalising import Price, personal, prices, rules_of
from catalog.pricing.queries import find
from catalog.pricing.quoting import TTL_S, quote
from catalog.pricing.rebuilding import Rebuilt, rebuild, rebuild_stale
from catalog.pricing.rules import (
    EFFECTS,
    SCOPES,
    Rule,
    Terms,
    create_rule,
    list_rules,
    resume_rule,
    revise_rule,
    rule,
    stop_rule,
    versions,
)
from catalog.pricing.tariffs import delivery_options, offer_delivery
from catalog.pricing.types import DeliveryOption, Quote, QuotedLine
from catalog.pricing.using import confirm, deliver_to, expire

__all__ = [
    "EFFECTS",
    "SCOPES",
    "TTL_S",
    "Applied",
    "DeliveryOption",
    "Grant",
    "Granted",
    "Price",
    "Quote",
    "QuotedLine",
    "Rebuilt",
    "Rule",
    "Terms",
    "confirm",
    "create_rule",
    "define_list",
    "deliver_to",
    "delivery_options",
    "expire",
    "fill_list",
    "find",
    "grant",
    "grants_of",
    "list_rules",
    "offer_delivery",
    "personal",
    "prices",
    "quote",
    "rebuild",
    "rebuild_stale",
    "resume_rule",
    "revise_rule",
    "rule",
    "rules_of",
    "stop_rule",
    "versions",
    "withdraw",
]
