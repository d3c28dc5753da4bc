"""What is found when a bundle is not what it says: always the first thing, by the member and the line it stands in."""

from __future__ import annotations

from typing import Any


class Difference(Exception):
    """The first thing that differs. `member` and `line` say where (line 0: the member as a whole), `code` what.

    `subject` names the record in the words of the business: a movement and its charge, a document, an agreement.
    """

    def __init__(self, member: str, code: str, detail: str, *, line: int = 0, subject: str = "") -> None:
        super().__init__(detail)
        self.member, self.code, self.detail, self.line, self.subject = member, code, detail, line, subject

    def __str__(self) -> str:
        where = ":".join(part for part in (self.member, str(self.line) if self.line else "") if part)
        about = f" ({self.subject})" if self.subject else ""
        return f"{where or 'bundle'}{about}: {self.detail} [{self.code}]"

    def told(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "member": self.member or None,
            "line": self.line or None,
            "subject": self.subject or None,
            "code": self.code,
            "detail": self.detail,
        }
