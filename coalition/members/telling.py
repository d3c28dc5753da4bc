"""Telling that what partners read of a member is another now: which parts of it, and who made it so. No value."""

from __future__ import annotations

from coalition.kernel import audit, clock, outbox


def changed(member_id: int, *fields: str) -> None:
    """Announce it: fields of the profile, `identifiers`, or `state`."""
    payload = {"member_id": member_id, "fields": sorted(fields), "actor": audit.origin().actor}
    outbox.publish("member.updated", {**payload, "at": clock.now().isoformat()}, key=f"member:{member_id}")
