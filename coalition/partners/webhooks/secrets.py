"""The secrets that sign deliveries: one that is new, and during a change the one before it.

Sealed before they touch the database; shown once. In the form of Standard Webhooks: `whsec_` and 32 random bytes.
"""

from __future__ import annotations

import base64
import secrets

from coalition.kernel.db import execute, fetch_all
from coalition.kernel.sealing import seal, unseal


def add(endpoint_id: int) -> str:
    """A new secret of an endpoint, beside which none without an end may be."""
    value = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    sql = "INSERT INTO webhook_secret (endpoint_id, sealed) VALUES (:endpoint, :sealed)"
    execute(sql, {"endpoint": endpoint_id, "sealed": seal(value)})
    return value


def replace(endpoint_id: int, overlap_s: int) -> str:
    """A new secret; the one before it lives for `overlap_s` seconds more, an older one ends now.

    The caller holds the endpoint's row.
    """
    execute(
        "UPDATE webhook_secret SET ends_at = now() WHERE endpoint_id = :endpoint AND ends_at > now()",
        {"endpoint": endpoint_id},
    )
    execute(
        "UPDATE webhook_secret SET ends_at = now() + make_interval(secs => :overlap)"
        " WHERE endpoint_id = :endpoint AND ends_at IS NULL",
        {"endpoint": endpoint_id, "overlap": overlap_s},
    )
    return add(endpoint_id)


def live(endpoint_id: int) -> tuple[str, ...]:
    """The secrets that sign now, the newest first: one or two."""
    rows = fetch_all(
        "SELECT sealed FROM webhook_secret WHERE endpoint_id = :endpoint AND (ends_at IS NULL OR ends_at > now())"
        " ORDER BY id DESC LIMIT 2",
        {"endpoint": endpoint_id},
    )
    return tuple(unseal(row.sealed) for row in rows)


def forget(endpoint_id: int) -> None:
    """Forget every secret of an endpoint that is no more."""
    execute("DELETE FROM webhook_secret WHERE endpoint_id = :endpoint", {"endpoint": endpoint_id})
