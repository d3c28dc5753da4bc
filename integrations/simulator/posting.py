"""Callbacks: signed, sent until they are acknowledged, at least once; the secrets that sign them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from coalition.kernel import clock
from integrations.simulator.assortment import CARRIERS, SELLERS
from integrations.simulator.book import Book
from integrations.simulator.crediting import PROGRAMS

_BATCH = 50
_LONGEST_PAUSE_S = 60.0
_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


def keep_secrets(folder: Path, vendor: str = "") -> dict[str, dict[str, str]]:
    """The secrets of all who play, by role, from `secrets.json` in `folder`; those it lacks are made and kept.

    A process that plays one `vendor` has its webhooks' secret and its bearer token.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "secrets.json"
    kept: dict[str, dict[str, str]] = json.loads(file.read_text()) if file.exists() else {}
    roles = {"suppliers": [one.code for one in SELLERS], "carriers": list(CARRIERS), "programs": list(PROGRAMS)}
    if vendor:
        roles = {"suppliers": [vendor], "tokens": [vendor]}
    for role, codes in roles.items():
        for code in codes:
            kept.setdefault(role, {}).setdefault(code, "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())
    file.touch(mode=0o600)
    file.write_text(json.dumps(kept, indent=2))
    return kept


def stamped(secret: str, at: int, body: str) -> str:
    """A signature in the manner of Duffel: `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Post:
    """The outgoing post of the whole simulator."""

    def __init__(self, book: Book, kept: dict[str, dict[str, str]], client: httpx.Client | None = None) -> None:
        self._book = book
        self._secrets = kept
        self._client = client or httpx.Client(timeout=_TIMEOUT, trust_env=False)
        self._stamped = book.setting("signature", "") == "stamped"

    def deliver(self) -> bool:
        """Send what is due, one message after another; whether there was any."""
        due = self._book.rows(
            "SELECT * FROM message WHERE NOT delivered AND due_at <= :now ORDER BY id LIMIT :n",
            now=time.time(),
            n=_BATCH,
        )
        for message in due:
            answers = [self._send(message) for _ in range(message["copies"])]
            self._note(message, answers[-1])
        return bool(due)

    def _send(self, message: dict[str, Any]) -> str:
        role, _, code = message["sender"].partition("/")
        at, message_id = clock.now(), f"msg_{self._book.setting('edition', '')}_{message['id']}"
        headers = {"Content-Type": "application/json"}
        if self._stamped:
            headers["X-Signature"] = stamped(self._secrets[role][code], int(at.timestamp()), message["body"])
        else:
            signature = Webhook(self._secrets[role][code]).sign(message_id, at, message["body"])
            headers |= {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp()))}
            headers["webhook-signature"] = signature
        url = self._book.setting("callback_base", "").rstrip("/") + message["path"]
        try:
            return str(self._client.post(url, content=message["body"].encode(), headers=headers).status_code)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__

    def _note(self, message: dict[str, Any], answer: str) -> None:
        delivered = answer.startswith("2")
        pause_s = min(_LONGEST_PAUSE_S, 2.0 ** message["attempts"])
        self._book.write(
            "UPDATE message SET attempts = attempts + 1, delivered = :delivered, last_status = :answer,"
            " due_at = :due_at WHERE id = :id",
            delivered=int(delivered),
            answer=answer,
            due_at=time.time() + pause_s,
            id=message["id"],
        )
