"""A partner's system: it gets a token, sends requests, and says what came back."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from integrations.conformance.listening import Listener

_TIMEOUT_S = 30


class Unreachable(Exception):
    """Nobody answers at the address, or nobody who knows this client, its outlet, card and money; it says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is {} where there was no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    text: str

    @property
    def code(self) -> str:
        """The stable code of a refusal, "" where nothing was refused."""
        return str(self.body.get("code", "")) if self.status >= 400 else ""

    @property
    def replayed(self) -> bool:
        """Whether the server says that it had answered this before."""
        return self.headers.get("Idempotency-Replayed") == "true"

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip()


@dataclass(frozen=True, slots=True)
class Shop:
    """With what the kit buys: an outlet of the partner, a member's card, and the code of the money."""

    outlet: str
    card: str
    currency: str


class Partner:
    """A client of the API with a token for all its scopes. `run` stands in every number that it makes.

    At `listener` it is told what happens; None: nowhere.
    """

    def __init__(
        self, base_url: str, client_id: str, secret: str, shop: Shop, listener: Listener | None = None
    ) -> None:
        self.shop = shop
        self.listener = listener
        self.run = uuid.uuid4().hex[:12]
        self._numbers = itertools.count(1)
        self.http = httpx.Client(base_url=base_url, timeout=_TIMEOUT_S, trust_env=False)
        self.scopes = self._sign_in(client_id, secret)

    def number(self, word: str = "") -> str:
        """A number that nobody has used; `word` goes before it."""
        return f"{word}{'.' if word else ''}kit-{self.run}-{next(self._numbers)}"

    def get(self, path: str, **query: str) -> Answer:
        """GET under /api/v1."""
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST JSON under /api/v1; names of `headers` are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, json=body, headers=named)

    def ask(self, method: str, path: str, *, query: Mapping[str, str] | None = None, **rest: Any) -> Answer:
        """Any request under /api/v1."""
        try:
            return _answer(self.http.request(method, f"/api/v1{path}", params=dict(query or {}), **rest))
        except httpx.HTTPError as error:
            raise Unreachable(f"{method} {path}: {error}") from error

    def _sign_in(self, client_id: str, secret: str) -> frozenset[str]:
        form = {"grant_type": "client_credentials"}
        try:
            answer = _answer(self.http.post("/oauth/token", data=form, auth=(client_id, secret)))
        except httpx.HTTPError as error:
            raise Unreachable(f"POST /oauth/token: {error}") from error
        if answer.status != 200 or "access_token" not in answer.body:
            raise Unreachable(f"POST /oauth/token answers {answer.status}: {answer.text[:200]}")
        self.http.headers["Authorization"] = f"Bearer {answer.body['access_token']}"
        return frozenset(str(answer.body.get("scope", "")).split())


def _answer(response: httpx.Response) -> Answer:
    try:
        body = response.json()
    except ValueError:
        body = {}
    return Answer(response.status_code, response.headers, body if isinstance(body, dict) else {}, response.text)
