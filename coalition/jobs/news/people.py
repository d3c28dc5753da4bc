"""News of members and of files: for the partner that enrolled the member, may read its profile, or sent the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from coalition import access, members, partners, purchases
from coalition.kernel import clock, ids
from coalition.kernel.outbox import Event
from coalition.partners.webhooks import News, Wanted, translates


@translates("member.enrolled")
def enrolled(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A partner has enrolled a member."""
    for event in events:
        number, partner_id = event.payload["member_id"], event.payload["partner_id"]
        if partner_id not in wanted.get("member.enrolled", ()):
            continue
        member = members.get(partners.get(partner_id).program_id, number)
        public = ids.public("mbr", number)
        data = {
            "member_id": public,
            "external_id": member.external_id,
            "tier": member.tier,
            "enrolled_at": member.enrolled_at.isoformat(),
        }
        head = ("member.enrolled", partner_id, public, f"member:{number}")
        yield News(*head, member.enrolled_at, data, event.id)


@translates("member.updated")
def updated(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """What partners read of a member is another now: told to whoever reads that part of it, with who has changed it."""
    chosen = wanted.get("member.updated", frozenset())
    known = members.readers({event.payload["member_id"] for event in events}) if chosen else []
    clients = access.clients_by_id(_clients(events)) if known else {}
    for event in events:
        at = event.payload
        public = ids.public("mbr", at["member_id"])
        for reader in known:
            fields = [name for name in at["fields"] if reader.enroller or name != "identifiers"]
            if reader.member_id != at["member_id"] or reader.partner_id not in chosen or not fields:
                continue
            own = {"member_id": public, "external_id": reader.external_id if reader.enroller else None}
            data = {**own, "fields": fields, **_made_by(at["actor"], clients, reader.partner_id)}
            moment = dt.datetime.fromisoformat(at["at"])
            yield News("member.updated", reader.partner_id, public, f"update:{event.id}", moment, data, event.id)


@translates("tier.changed")
def climbed(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A member's tier has changed."""
    chosen = wanted.get("tier.changed", frozenset())
    known = members.enrollers({event.payload["member_id"] for event in events}) if chosen else {}
    for event in events:
        at = event.payload
        partner_id = known.get(at["member_id"])
        if partner_id in chosen:
            public = ids.public("mbr", at["member_id"])
            data = {"member_id": public, **{name: at[name] for name in ("from", "to", "why", "until")}}
            yield News("tier.changed", partner_id, public, f"tier:{event.id}", clock.now(), data, event.id)


@translates("registry.finished")
def read(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A partner's file has been read."""
    for event in events:
        if event.payload["partner_id"] not in wanted.get("registry.finished", ()):
            continue
        registry = purchases.registry(event.payload["registry_id"])
        public = ids.public("reg", registry.id)
        names = ("state", "error", "dry_run", "lines", "accepted", "replayed", "rejected", "suspended", "points_issued")
        issued = [{"amount": units, "currency": code} for code, units in registry.issued.items()]
        data = {"registry_id": public, **{name: getattr(registry, name) for name in names}, "issued": issued}
        head = ("registry.finished", registry.partner_id, public, f"registry:{registry.id}")
        yield News(*head, registry.finished_at or clock.now(), data, event.id)


def _clients(events: Sequence[Event]) -> set[int]:
    """The numbers of the clients that have made these changes."""
    actors = [event.payload["actor"].partition(":") for event in events]
    return {int(number) for kind, _, number in actors if kind == "client"}


def _made_by(actor: str, clients: dict[int, tuple[str, int]], partner_id: int) -> dict[str, Any]:
    """Who has changed it, as this partner may know it: its own client by name; of others only the kind."""
    kind, _, number = actor.partition(":")
    if kind == "client":
        name, owner = clients.get(int(number), ("", 0))
        own = owner == partner_id
        return {"made_by": "client" if own else "partner", "client_id": name if own else None}
    return {"made_by": "person" if kind == "user" else "system", "client_id": None}
