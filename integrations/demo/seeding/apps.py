"""An app that members may allow: FreshMart's, which keeps no secret and waits for members on this very machine."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

from coalition import access

REDIRECT_URI = "http://127.0.0.1:9471/back"


def register(program_id: int, partner_id: int) -> dict[str, Any]:
    """The app, with a request that can be opened in a browser: whoever has the verifier can redeem its code."""
    client_id, _ = access.create_client(
        program_id, partner_id, "FreshMart on the phone", ["me"], kind="public", redirect_uris=[REDIRECT_URI]
    )
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "me",
        "state": "demo",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    facts = {"client_id": client_id, "redirect_uri": REDIRECT_URI, "scope": "me", "code_verifier": verifier}
    return {**facts, "authorize_path": f"/oauth/authorize?{urlencode(asked)}"}
