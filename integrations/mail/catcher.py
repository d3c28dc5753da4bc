"""Where the demo's mails end: a folder of .eml files, written by an SMTP server of this machine."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_MOST_BYTES = 2_000_000


class Folder:
    """Keeps each mail as a file; its number is one more than that of the last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        last = max((int(path.stem) for path in folder.glob("*.eml") if path.stem.isdecimal()), default=0)
        self._numbers = itertools.count(last + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail, whole or not at all."""
        content: Any = envelope.original_content or b""
        draft = self.folder / "draft"
        draft.write_bytes(content)
        draft.replace(self.folder / f"{next(self._numbers):06}.eml")
        return "250 caught"


def catching(folder: Path, port: int) -> Controller:
    """An SMTP server on this machine that keeps mails in `folder`; start it, and stop it."""
    return Controller(Folder(folder), hostname="127.0.0.1", port=port, data_size_limit=_MOST_BYTES)
