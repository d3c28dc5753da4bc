"""The two secrets of a stand-in, made once and kept beside its book; whoever starts it reads them, too."""

from __future__ import annotations

import json
import secrets
from pathlib import Path


def keep_secrets(folder: Path) -> dict[str, str]:
    """The API key and the secret that signs events, from `secrets.json` in `folder`; made and kept if it lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "secrets.json"
    if not file.exists():
        made = {"key": f"sk_test_{secrets.token_hex(16)}", "webhook_secret": f"whsec_{secrets.token_hex(16)}"}
        file.touch(mode=0o600)
        file.write_text(json.dumps(made))
    return dict(json.loads(file.read_text()))
