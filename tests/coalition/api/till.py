"""A partner's till in a test: an OAuth client that talks to the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from coalition import access
from tests.coalition.purchases.builders import Shop


@dataclass
class Till:
    """Requests of one partner's client."""

    shop: Shop
    client: FlaskClient
    token: str

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST JSON."""
        return self.client.post(f"/api/v1{path}", json=body, headers=self._headers(headers))

    def send(self, path: str, body: bytes, **headers: str) -> Any:
        """POST bytes."""
        return self.client.post(f"/api/v1{path}", data=body, headers=self._headers(headers))

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.client.get(f"/api/v1{path}", headers=self._headers(headers))

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """PUT JSON."""
        return self.client.put(f"/api/v1{path}", json=body, headers=self._headers(headers))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH JSON."""
        return self.client.patch(f"/api/v1{path}", json=body, headers=self._headers(headers))

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.client.delete(f"/api/v1{path}", headers=self._headers({}))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", **named}


def a_till(shop: Shop, client: FlaskClient) -> Till:
    """A till whose client holds every scope."""
    credentials = access.create_client(shop.program.id, shop.partner.id, "Till", access.SCOPES)
    return Till(shop, client, access.issue_token(*credentials, access.SCOPES).value)
