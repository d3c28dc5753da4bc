"""Foreign programs over HTTP and JSON, signed like webhooks with the program's secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from coalition.ports import Agreed, Declined, ForeignAccess, ForeignOutcome, NotNow, Unsure
from integrations.signed import Answer, SignedClient, refused, seconds, text


class HttpForeignProgram:
    """Speaks our exchange protocol with any program that has an address and a secret."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = SignedClient(client)

    def credit(self, access: ForeignAccess, ref: str, account: str, amount: int) -> ForeignOutcome:
        """Credit its member under our reference, once however often it is asked."""
        return self._post(access, ref, "credits", {"ref": ref, "account": account, "amount": amount})

    def take_back(self, access: ForeignAccess, ref: str, credit_ref: str) -> ForeignOutcome:
        """Undo an earlier credit under a reference of its own."""
        return self._post(access, ref, "reversals", {"ref": ref, "credit_ref": credit_ref})

    def status(self, access: ForeignAccess, ref: str) -> ForeignOutcome:
        """What became of our reference."""
        url = f"{access.base_url}/operations/{quote(ref, safe='')}"
        return _outcome(self._client.ask(access.secret, ref, "GET", url))

    def _post(self, access: ForeignAccess, ref: str, path: str, facts: Mapping[str, Any]) -> ForeignOutcome:
        body = json.dumps(facts, ensure_ascii=False)
        return _outcome(self._client.ask(access.secret, ref, "POST", f"{access.base_url}/{path}", body))


def _outcome(answer: Answer) -> ForeignOutcome:
    state, reference = answer.facts.get("state"), text(answer.facts.get("reference"), 100)
    if answer.kind in ("again", "absent"):
        return NotNow(answer.after_s)
    if answer.kind == "refused":
        return Declined(answer.code)
    if state == "done" and reference:
        return Agreed(reference)
    if state == "refused":
        return Declined(refused(answer.facts).code)
    return Unsure(seconds(answer.facts.get("poll_after_s"))) if state == "pending" else Unsure()
