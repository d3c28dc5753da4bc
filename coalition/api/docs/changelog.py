"""What has been added to the API, by day: one list, the latest first. Whoever adds to the API adds a line here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What came on a day, a line each."""

    day: dt.date
    lines: tuple[str, ...]


ENTRIES = (
    Entry(
        dt.date(2026, 11, 27),
        (
            "POST /events: a referral that names its friend is completed by the friend’s first purchase.",
            "Birthdays, anniversaries of joining and new members are told to promotions by the program itself; POST"
            " /events refuses calendar.birthday, calendar.anniversary and member.enrolled.",
            "A hold pays no more than a receipt’s total; what is over stays held.",
            "PATCH answers the ETag of what it has made: a next change needs no GET before it.",
            "POST /registries and /reconciliations take a workbook (XLSX) in a gzip, too.",
            "The portal tries and sends registries, follows them, and describes layouts; rejected lines leave as XLSX.",
        ),
    ),
    Entry(
        dt.date(2026, 11, 26),
        (
            "The type of a problem is the address of its own page, /api/docs/errors/<code>; "
            "the addresses with # lead there as before.",
            "Webhooks: POST /webhook-endpoints and what belongs to it; deliveries by Standard Webhooks.",
            "Apps that members allow: /oauth/authorize with PKCE, refresh tokens, /oauth/revoke and /introspect, /me.",
            "Clients prove themselves by a key (private_key_jwt), if they like; secrets overlap while they change.",
            "429 with Retry-After for who comes too often.",
            "Quick start, changelog, and a page for every error code.",
            "Test mode: a program of the partner’s own with test members, clients and magic values.",
            "The portal shows what your clients have asked in thirty days.",
            "A recorded example for every operation.",
            "Purchases, quotes and holds at an outlet that was closed before them are refused: outlet_closed (422).",
            "An address for webhooks that is refused says why in the code beside /url.",
            "GET /currencies: the decimals of the program’s money and points.",
            "POST /registries and /reconciliations take a table of our own titles without a mapping, a row each.",
            "Balances and GET /purchases?external_id= take limit and cursor, as every list.",
            "409 idempotency_key_in_flight is retryable and says when; POST /me/proofs takes an Idempotency-Key.",
            "POST /registries and /reconciliations take workbooks (XLSX) by the same mappings, which may name a sheet.",
            "GET /changes: what webhooks would tell, asked for behind a cursor; no endpoint is needed.",
            "The event member.updated: what of a member is another, and which client has changed it.",
            "A parameter of a query that is said twice is refused (422 duplicate); its second value was passed over.",
            "A hold, a capture, an exchange, an order, its cancel or its return sent again is answered as the first"
            " time, though the card was blocked meanwhile; GET says what it is now.",
            "A column mapping reads NDJSON with fields of other names, too.",
        ),
    ),
    Entry(
        dt.date(2026, 11, 25),
        (
            "POST /quotes: what a purchase would earn, which discounts hold, and what was just missed.",
            "GET /purchases/{id}/explain: why every promotion gave, or did not.",
            "Coupons on purchases, and what became of each.",
            "POST /purchases/{id}/returns and /void: purchases come back line by line.",
            "POST /events, bank transactions and registries of tables; receipts wait for unknown members if asked.",
            "POST /conversions, /transfers, /donations and /exchanges: points go elsewhere.",
            "Virtual cards, replaced and moved identifiers, the member’s one-time code as a proof.",
            "Statements, disputes, reconciliations and the signed history of statements.",
            "Orders are given back: POST /orders/{id}/returns.",
        ),
    ),
    Entry(
        dt.date(2026, 11, 22),
        (
            "The first version: members, purchases, holds, registries, rewards, quotes, orders, feeds, statements.",
            "OAuth 2.0 client_credentials, problem+json with stable codes, Idempotency-Key, cursors.",
        ),
    ),
)
