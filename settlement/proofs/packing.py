"""The verifier as one file that anybody with Python can run: `python verifier.pyz BUNDLE`. The same bytes each time."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from settlement.proofs.verifier import archive

_START = b"from settlement.proofs.verifier.__main__ import main\nraise SystemExit(main())\n"
_SOURCES = Path(__file__).parent / "verifier"


def packaged() -> bytes:
    """The verifier as a zip application."""
    content = io.BytesIO(b"#!/usr/bin/env python3\n")
    content.seek(0, io.SEEK_END)
    with zipfile.ZipFile(content, "a") as application:
        application.writestr(archive.entry_for("__main__.py"), _START)
        for folder in ("settlement", "settlement/proofs"):
            application.writestr(archive.entry_for(f"{folder}/__init__.py"), b"")
        for source in sorted(_SOURCES.glob("*.py")):
            application.writestr(archive.entry_for(f"settlement/proofs/verifier/{source.name}"), source.read_bytes())
    return content.getvalue()
