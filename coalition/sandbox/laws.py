"""What must always hold of test mode: it is apart from everything that is worth something."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "SB1",
        "a client of test mode acts in a test program, and no other client does",
        """SELECT c.id FROM oauth_client c JOIN program p ON p.id = c.program_id
            WHERE (p.kind = 'test') <> starts_with(c.client_id, 'client_test_')""",
    ),
    Law(
        "SB2",
        "a test program is one partner's, whose twin takes part in it",
        """SELECT p.id AS program_id FROM program p LEFT JOIN test_program t ON t.program_id = p.id
             LEFT JOIN partner twin ON twin.id = t.twin_id AND twin.program_id = p.id
            WHERE (p.kind = 'test') <> (twin.id IS NOT NULL)""",
    ),
    Law(
        "SB3",
        "nobody signs in to a test program",
        """SELECT u.id FROM user_account u JOIN program p ON p.id = u.program_id WHERE p.kind = 'test'""",
    ),
)


def laws() -> list[Law]:
    """The laws of this room."""
    return list(_LAWS)
