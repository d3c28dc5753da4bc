"""The people of promotions: one who writes, one who publishes."""

from __future__ import annotations

from coalition import access, promotions
from coalition.kernel import audit
from coalition.kernel.db import transact


def a_person(name: str, role: str = "admin") -> str:
    """Somebody of the staff, as an actor."""
    made = transact(lambda: access.create_user(f"{name}@example.com", "a long password", [role], "staff"))
    return f"user:{made.id}"


def acting(actor: str) -> str:
    """Let what follows be done by this actor."""
    audit.set_origin(audit.Origin(actor))
    return actor


def reviewed(program_id: int, document: dict[str, object], writer: str, publisher: str) -> promotions.Promotion:
    """The document, drafted and submitted by one person and published by another."""
    code = str(document["id"])
    acting(writer)
    transact(lambda: promotions.save_draft(program_id, code, document, actor=writer))
    transact(lambda: promotions.submit(program_id, code, "autumn"))
    acting(publisher)
    return transact(lambda: promotions.approve(program_id, code))
