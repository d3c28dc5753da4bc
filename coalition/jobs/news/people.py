"""News of members and of files: for the partner that enrolled the member, or sent the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coalition import members, partners, purchases
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
        data = {"registry_id": public, **{name: getattr(registry, name) for name in names}}
        head = ("registry.finished", registry.partner_id, public, f"registry:{registry.id}")
        yield News(*head, registry.finished_at or clock.now(), data, event.id)
