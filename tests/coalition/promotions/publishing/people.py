"""The people of promotions: one who writes, one who publishes."""

from __future__ import annotations

from coalition import promotions
from coalition.kernel import audit
from coalition.kernel.db import fetch_one, transact


def a_person(name: str, role: str = "marketer") -> str:
    """Somebody of the staff, as an actor; without a password, which takes its time to hash."""
    made = transact(
        lambda: fetch_one(
            "WITH made AS (INSERT INTO user_account (email, password, fs_uniquifier, owner_ref)"
            "              VALUES (:email, '!', :email, 'staff') RETURNING id)"
            " INSERT INTO user_role (user_id, role_id)"
            " SELECT made.id, role.id FROM made, role WHERE role.name = :role RETURNING user_id",
            {"email": f"{name}@example.com", "role": role},
        )
    )
    assert made is not None
    return f"user:{made.user_id}"


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
