"""Webhooks: partners' endpoints are told what concerns them, at least once, in order for each member; or they ask.

What has happened comes from the outbox (`translates`), is written down for every endpoint that wants it, and sent by a
worker through the port `WebhookSender`. The rules are in docs/flows/webhooks.md.
"""

from coalition.partners.webhooks.asking import KEPT_DAYS, Changes, changes
from coalition.partners.webhooks.endpoints import (
    MOST,
    OVERLAP_S,
    Endpoint,
    change,
    create,
    delete,
    endpoint,
    endpoints,
    hold_endpoint,
    rotate,
)
from coalition.partners.webhooks.laws import laws
from coalition.partners.webhooks.news import News, Translator, Wanted, start, translates, wanted
from coalition.partners.webhooks.reading import STATES, Attempt, Delivery, counts, deliveries, delivery
from coalition.partners.webhooks.resending import resend, resend_since, try_out
from coalition.partners.webhooks.sending import Turn, pick, proceed, record
from coalition.partners.webhooks.tending import ANSWERS_DAYS, CONTENTS_DAYS, forget, heal, resume
from coalition.partners.webhooks.types import EventType, declare, envelope, event_type, event_types
from coalition.partners.webhooks.writing import JOB, store

__all__ = [
    "ANSWERS_DAYS",
    "CONTENTS_DAYS",
    "JOB",
    "KEPT_DAYS",
    "MOST",
    "OVERLAP_S",
    "STATES",
    "Attempt",
    "Changes",
    "Delivery",
    "Endpoint",
    "EventType",
    "News",
    "Translator",
    "Turn",
    "Wanted",
    "change",
    "changes",
    "counts",
    "create",
    "declare",
    "delete",
    "deliveries",
    "delivery",
    "endpoint",
    "endpoints",
    "envelope",
    "event_type",
    "event_types",
    "forget",
    "heal",
    "hold_endpoint",
    "laws",
    "pick",
    "proceed",
    "record",
    "resend",
    "resend_since",
    "resume",
    "rotate",
    "start",
    "store",
    "translates",
    "try_out",
    "wanted",
]
