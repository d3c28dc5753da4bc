"""What a client may be allowed to do: the closed lists of scopes, each in one sentence.

A partner's own scopes are for tokens that speak for the partner; a member's scopes are for tokens that speak for a
member who has allowed an app to. No token has scopes of both kinds.
"""

from __future__ import annotations

SCOPES = {
    "members:read": "See members, their balances and movements",
    "members:write": "Enrol members and manage their identifiers",
    "purchases:read": "See the partner's own purchases",
    "purchases:write": "Send purchases, so that members earn",
    "holds:write": "Hold, capture and release points, so that members spend",
    "events:write": "Send bank transactions and what members do beside buying, so that they earn",
    "registries:write": "Send files of purchases and read what became of them",
    "catalog:read": "See rewards and their prices",
    "orders:write": "Quote and place orders of rewards",
    "feeds:write": "Send a supplier's feeds and stock",
    "statements:read": "Read the partner's own statements",
    "statements:write": "Agree to and dispute the partner's own statements, and have its own files compared",
    "statements:witness": "Countersign the history of all statements as a witness",
    "webhooks:write": "Say where the partner is told of news, and look at what was sent",
}
MEMBER_SCOPES = {
    "me": "See a member's own profile, balances, movements and orders, and make one-time codes that pay at a till",
}
ALL_SCOPES = SCOPES | MEMBER_SCOPES
