"""What must always hold of letters."""

from __future__ import annotations

from coalition.kernel.laws import Law


def laws() -> list[Law]:
    """The laws of this room."""
    return [
        Law(
            "PE1",
            "a letter that waits has a job that will send it",
            "SELECT l.id FROM letter l WHERE l.state = 'waiting' AND NOT EXISTS (SELECT FROM job j"
            " WHERE j.kind = 'letters.send' AND j.state IN ('due', 'running')"
            " AND split_part(j.key, ':', 1) = l.id::text)",
        ),
    ]
