"""One partner at the door of the catalog, and what suppliers and carriers may send."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook

from coalition.kernel import clock, ids
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import World

ADDRESS = {"city": "Riga", "postal_code": "LV-1010", "line1": "Brivibas iela 40", "country": "LV"}
CARRIER_SECRET = "whsec_dGhlLWNhcnJpZXItc2lnbnMtd2l0aC10aGlz"


@dataclass
class Desk:
    """One partner's client, and what suppliers and carriers may send."""

    world: World
    client: FlaskClient
    token: str

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self.client.post(
            f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.token}", **headers}
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.token}", **headers})

    def quote(self, **more: Any) -> Any:
        lines = [{"reward_id": ids.public("rew", self.world.rewards[0].id), "qty": 1}]
        delivery = {"method": "courier", "address": ADDRESS}
        body = {"member": ids.public("mbr", self.world.member_id), "lines": lines, "delivery": delivery, **more}
        return self.post("/catalog/quotes", body)

    def order(self, external_id: str = "O-1", **more: Any) -> Any:
        quote_id = more.pop("quote_id", None) or self.quote().json["id"]
        return self.post("/orders", {"external_id": external_id, "quote_id": quote_id, **more})

    def call(
        self,
        path: str,
        body: dict[str, Any],
        *,
        secret: str = SECRET,
        late_s: int = 0,
        webhook_id: str = "msg_1",
    ) -> Any:
        text = json.dumps(body)
        at = clock.now() - dt.timedelta(seconds=late_s)
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(webhook_id, at, text),
        }
        return self.client.post(f"/api/v1{path}", data=text, content_type="application/json", headers=headers)
