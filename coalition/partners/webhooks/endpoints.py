"""Endpoints: where a partner wants to be told what, and whether it is told now.

`on`; `off` by the partner; `switched_off` by us, because it has failed for three days or said that it is gone. While an
endpoint is not on, its events become dead letters, which can be sent again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.partners.directory import get as partner_of
from coalition.partners.webhooks import secrets
from coalition.partners.webhooks.addresses import check_url
from coalition.partners.webhooks.types import event_type

MOST = 10
OVERLAP_S = 86_400
OVERLAP_MOST_S = 7 * 86_400
_COLUMNS = """
    e.id, e.program_id, e.partner_id, e.url, e.description, e.event_types, e.state, e.reason, e.failures,
    e.failing_since, e.created_at, (SELECT max(s.ends_at) FROM webhook_secret s WHERE s.endpoint_id = e.id
     AND s.ends_at > now()) AS old_secret_ends_at"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of a partner; `old_secret_ends_at`: until then two secrets sign."""

    id: int
    program_id: int
    partner_id: int
    url: str
    description: str
    event_types: Sequence[str]
    state: str
    reason: str | None
    failures: int
    failing_since: dt.datetime | None
    created_at: dt.datetime
    old_secret_ends_at: dt.datetime | None


def create(partner_id: int, url: str, event_types: Sequence[str], description: str = "") -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which cannot be read again; it is told of what is committed from now on.

    Invalid for an address that is never called and for unknown types; Conflict `too_many_endpoints`. Locks the partner.
    """
    partner = partner_of(partner_id)
    wanted = {"url": check_url(url), "types": _types(event_types), "description": description}
    fetch_one("SELECT id FROM partner WHERE id = :id FOR NO KEY UPDATE", {"id": partner_id})
    if len(endpoints(partner_id)) >= MOST:
        raise Conflict("too_many_endpoints", f"A partner has at most {MOST} endpoints.")
    row = fetch_one(
        "INSERT INTO webhook_endpoint (program_id, partner_id, url, event_types, description, since_event,"
        " since_snapshot, made_xid) VALUES (:program, :partner, :url, :types, :description,"
        " (SELECT coalesce(max(id), 0) FROM outbox), pg_current_snapshot(), pg_current_xact_id()) RETURNING id",
        {"program": partner.program_id, "partner": partner_id, **wanted},
    )
    assert row is not None
    audit.record("webhook.create", f"webhook:{row.id}", partner_id=partner_id, url=url, types=wanted["types"])
    return endpoint(row.id, partner_id), secrets.add(row.id)


def endpoints(partner_id: int) -> list[Endpoint]:
    """A partner's endpoints, the oldest first."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM webhook_endpoint e WHERE e.partner_id = :partner AND e.state <> 'deleted'"
        " ORDER BY e.id LIMIT :most",
        {"partner": partner_id, "most": MOST},
    )
    return [Endpoint(**row._mapping) for row in rows]


def endpoint(endpoint_id: int, partner_id: int) -> Endpoint:
    """An endpoint of this partner. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM webhook_endpoint e"
        " WHERE e.id = :id AND e.partner_id = :partner AND e.state <> 'deleted'",
        {"id": endpoint_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    return Endpoint(**row._mapping)


def hold_endpoint(endpoint_id: int, partner_id: int) -> Endpoint:
    """The endpoint, its row held until the transaction ends. NotFound."""
    fetch_one(
        "SELECT id FROM webhook_endpoint WHERE id = :id AND partner_id = :partner FOR NO KEY UPDATE",
        {"id": endpoint_id, "partner": partner_id},
    )
    return endpoint(endpoint_id, partner_id)


def change(
    endpoint_id: int,
    partner_id: int,
    *,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    description: str | None = None,
    on: bool | None = None,
) -> Endpoint:
    """Change what is named; switching on forgets that the endpoint has failed. NotFound; Invalid as in `create`.

    What waits when an endpoint is switched off becomes dead letters.
    """
    was = hold_endpoint(endpoint_id, partner_id)
    state = was.state if on is None or on == (was.state == "on") else "on" if on else "off"
    wanted = {
        "url": was.url if url is None else check_url(url),
        "types": list(was.event_types) if event_types is None else _types(event_types),
        "description": was.description if description is None else description,
        "state": state,
    }
    execute(
        "UPDATE webhook_endpoint SET url = :url, event_types = :types, description = :description, state = :state,"
        " reason = CASE WHEN :state = 'switched_off' THEN reason END,"
        " failures = CASE WHEN :state = state THEN failures ELSE 0 END,"
        " failing_since = CASE WHEN :state = state THEN failing_since END,"
        " rest_until = CASE WHEN :state = state THEN rest_until END WHERE id = :id",
        {"id": endpoint_id, **wanted},
    )
    if state == "off":
        bury(endpoint_id, "endpoint_off")
    audit.record("webhook.change", f"webhook:{endpoint_id}", **wanted)
    return endpoint(endpoint_id, partner_id)


def rotate(endpoint_id: int, partner_id: int, overlap_s: int = OVERLAP_S) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret; both sign for `overlap_s` seconds (at most a week; 0: only the new one)."""
    if not 0 <= overlap_s <= OVERLAP_MOST_S:
        detail = "Two secrets sign together for at most seven days."
        raise Invalid("invalid", detail, [FieldError("/overlap_s", "bad_number", detail)])
    hold_endpoint(endpoint_id, partner_id)
    value = secrets.replace(endpoint_id, overlap_s)
    audit.record("webhook.rotate", f"webhook:{endpoint_id}", overlap_s=overlap_s)
    return endpoint(endpoint_id, partner_id), value


def delete(endpoint_id: int, partner_id: int) -> None:
    """Remove an endpoint: it is told nothing more, and its secrets are forgotten. NotFound."""
    hold_endpoint(endpoint_id, partner_id)
    execute(
        "UPDATE webhook_endpoint SET state = 'deleted', reason = NULL, failures = 0, failing_since = NULL"
        " WHERE id = :id",
        {"id": endpoint_id},
    )
    bury(endpoint_id, "endpoint_deleted")
    secrets.forget(endpoint_id)
    audit.record("webhook.delete", f"webhook:{endpoint_id}")


def switch_off(endpoint_id: int, reason: str) -> None:
    """Stop telling an endpoint that does not listen (`failing`, `gone`), and write that into the trail, once.

    Nothing where it is off already. The caller holds its row.
    """
    changed = execute(
        "UPDATE webhook_endpoint SET state = 'switched_off', reason = :reason WHERE id = :id AND state = 'on'",
        {"id": endpoint_id, "reason": reason},
    )
    if not changed:
        return
    bury(endpoint_id, "endpoint_off")
    audit.record("webhook.switch_off", f"webhook:{endpoint_id}", reason=reason)


def bury(endpoint_id: int, reason: str) -> None:
    """Let everything that waits for an endpoint be a dead letter. The caller holds the endpoint's row."""
    execute(
        "UPDATE webhook_delivery SET state = 'dead', reason = :reason, due_at = NULL, decided_at = clock_timestamp()"
        " WHERE endpoint_id = :id AND state = 'waiting'",
        {"id": endpoint_id, "reason": reason},
    )


def _types(event_types: Sequence[str]) -> list[str]:
    wanted = sorted(set(event_types))
    errors = [
        FieldError(f"/event_types/{at}", "unknown_event_type", f"There is no type {name!r}.")
        for at, name in enumerate(event_types)
        if event_type(name) is None
    ]
    if errors or not wanted:
        errors = errors or [FieldError("/event_types", "required", "Choose at least one type.")]
        raise Invalid("invalid", "These types cannot be chosen.", errors)
    return wanted
