"""The story that the examples tell, in test mode: what is asked, in an order in which each step has what it needs.

A name in braces is what an earlier step has kept. What test mode has nothing of (rewards, statements) is asked for all
the same: the example is then the refusal, which has the same form as every other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from coalition import sandbox

CARD, EMPTY = sandbox.CARDS[0].number, sandbox.CARDS[1].number
AT = "2026-11-20T09:30:00Z"
MEMBER = {"kind": "card", "value": CARD}
TEN = {"amount": 10, "currency": "BON"}
BARCODE = {"kind": "barcode", "value": "4006381333931"}
STOCK = {"snapshot_at": AT, "items": [{"sku": "A", "qty": 3}]}
NEITHER = "0000000000zzz"  # no such thing, and nobody's
LINE = {"no": 1, "sku": "MILK", "name": "Milk", "qty_m": 2000, "price": 4495, "amount": 8990}
RECEIPT = {"occurred_at": AT, "outlet": sandbox.OUTLET, "member": MEMBER, "currency": "EUR", "lines": [LINE]}
ENDPOINT = {"url": "https://till.example.com/hooks", "event_types": ["points.issued"], "description": "Tills"}


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `path` is filled from what is kept, `keep` names parts of the answer, `text` is no JSON.

    `after_jobs`: what the steps before have left to do later is done first.
    """

    operation: str
    path: str = ""
    body: Any = None
    keep: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    after_jobs: bool = False

    @property
    def method(self) -> str:
        """Its verb."""
        return self.operation.split()[0]

    @property
    def address(self) -> str:
        """Where it is sent, still with names in braces."""
        return self.path or self.operation.split()[1]


def api(operation: str, path: str = "", body: Any = None, **more: Any) -> Step:
    """A step under /api/v1."""
    verb, rule = operation.split()
    return Step(f"{verb} /api/v1{rule}", f"/api/v1{path}" if path else "", body, **more)


def _slip(number: str, **more: Any) -> dict[str, Any]:
    return {"external_id": number, **more}


MEMBERS = (
    api("GET /currencies"),
    api(
        "POST /members",
        body=_slip(
            "M-1",
            profile={"first_name": "Eva", "last_name": "Liepa", "locale": "en"},
            identifiers=[{"kind": "card", "value": "9990000000000108"}],
            consents=[{"purpose": "rules", "granted_at": AT, "text_version": "2026-01"}],
        ),
        keep={"eva": "id", "card": "identifiers.0.id"},
    ),
    api("POST /members/lookup", body=MEMBER, keep={"member": "id"}),
    api("GET /members/{member}", "/members/{eva}"),
    api("PATCH /members/{member}", "/members/{eva}", {"profile": {"locale": "ru"}}),
    api("GET /members/{member}/balances"),
    api("GET /members/{member}/coupons"),
    api(
        "POST /members/{member}/identifiers",
        "/members/{eva}/identifiers",
        {"kind": "barcode", "value": "4006381333931"},
    ),
    api("POST /members/{member}/cards", "/members/{eva}/cards", _slip("C-1")),
    api(
        "POST /members/{member}/identifiers/{identifier}/replace",
        "/members/{eva}/identifiers/{card}/replace",
        {"value": "9990000000000116"},
        keep={"new_card": "id"},
    ),
    api("DELETE /members/{member}/identifiers/{identifier}", "/members/{eva}/identifiers/{new_card}"),
)

PURCHASES = (
    api("POST /quotes", body={"external_id": "Q-1", **RECEIPT}),
    api("POST /purchases", body={"external_id": "R-1", **RECEIPT}, keep={"purchase": "id"}),
    api("GET /purchases", "/purchases?external_id=R-1"),
    api("GET /purchases/{purchase}"),
    api("GET /purchases/{purchase}/explain"),
    api("GET /members/{member}/movements", "/members/{member}/movements?limit=1"),
    api(
        "POST /purchases/{purchase}/returns",
        body=_slip("T-1", occurred_at="2026-11-21T10:00:00Z", lines=[{"no": 1, "qty_m": 1000}]),
    ),
    Step("POST /api/v1/purchases", body={"external_id": "R-2", **RECEIPT}, keep={"other": "id"}),
    api("POST /purchases/{purchase}/void", "/purchases/{other}/void", _slip("V-1")),
    api("POST /events", body=_slip("E-1", type="review", occurred_at=AT, member=MEMBER, attributes={"stars": 5})),
)

SPENDING = (
    api(
        "POST /holds",
        body=_slip("H-1", member=MEMBER, points={"amount": 500, "currency": "BON"}, ttl_s=600, purpose="till"),
        keep={"hold": "id"},
    ),
    api("GET /holds/{hold}"),
    api("POST /holds/{hold}/capture", body=_slip("K-1", amount=300)),
    api("POST /holds/{hold}/release", body=_slip("L-1")),
    api("POST /donations", body=_slip("D-1", member=MEMBER, points=TEN, charity=sandbox.CHARITY)),
    api(
        "POST /transfers",
        body=_slip("X-1", member=MEMBER, to_member={"kind": "card", "value": EMPTY}, points=TEN),
    ),
    api(
        "POST /conversions",
        body={**_slip("F-1", member=MEMBER, to_currency="MILES"), "from": TEN},
    ),
    api(
        "POST /exchanges",
        body=_slip("Y-1", member=MEMBER, points=TEN, program="airline", account="AB123456"),
    ),
    api("GET /exchanges/{exchange}", f"/exchanges/exc_{NEITHER}"),
    api("POST /exchanges/{exchange}/reverse", f"/exchanges/exc_{NEITHER}/reverse", _slip("Z-1")),
)

FILES = (
    api(
        "POST /registries",
        text='{"external_id": "N-1", "occurred_at": "2026-11-20T09:30:00Z", "outlet": "TEST", "currency": "EUR",'
        ' "lines": [{"no": 1, "qty_m": 1000, "amount": 500}]}\n',
        content_type="application/x-ndjson",
        keep={"registry": "id"},
    ),
    api("GET /registries/{registry}"),
    api("GET /registries/{registry}/rejections"),
    api(
        "PUT /registry-mappings/{name}",
        "/registry-mappings/tills",
        {
            "delimiter": ";",
            "columns": {"external_id": "Number", "occurred_at": "Time", "outlet": "Shop", "amount": "Sum"},
            "fixed": {"currency": "EUR"},
        },
    ),
    api("GET /registry-mappings/{name}", "/registry-mappings/tills"),
    api("GET /registry-mappings"),
)


WEBHOOKS = (
    api("POST /webhook-endpoints", body=ENDPOINT, keep={"endpoint": "id"}),
    api("GET /webhook-endpoints"),
    api("GET /webhook-endpoints/{endpoint}"),
    api("PATCH /webhook-endpoints/{endpoint}", body={"event_types": ["points.issued", "points.redeemed"]}),
    api("POST /webhook-endpoints/{endpoint}/rotate", body={"overlap_s": 3600}),
    api(
        "POST /webhook-endpoints/{endpoint}/test",
        body={"event_type": "points.issued"},
        keep={"delivery": "delivery_id"},
    ),
    api("GET /webhook-endpoints/{endpoint}/deliveries"),
    api("GET /webhook-deliveries/{delivery}"),
    api("POST /webhook-endpoints/{endpoint}/replay", body={"since": AT}),
    api("DELETE /webhook-endpoints/{endpoint}"),
    api("GET /changes", "/changes?types=member.enrolled,points.issued&limit=2", after_jobs=True),
)

CATALOG = (
    api("GET /catalog/rewards", "/catalog/rewards?affordable=true&member=card:" + CARD),
    api("GET /catalog/rewards/{reward}", f"/catalog/rewards/rwd_{NEITHER}"),
    api("GET /catalog/rewards/{reward}/offers", f"/catalog/rewards/rwd_{NEITHER}/offers"),
    api(
        "POST /catalog/quotes",
        body={
            "member": f"card:{CARD}",
            "lines": [{"reward_id": f"rwd_{NEITHER}", "qty": 1}],
            "delivery": {"method": "email"},
        },
    ),
    api("POST /orders", body=_slip("O-1", quote_id=f"quo_{NEITHER}")),
    api("GET /orders/{order}", f"/orders/ord_{NEITHER}"),
    api("POST /orders/{order}/cancel", f"/orders/ord_{NEITHER}/cancel", _slip("O-2", reason="changed my mind")),
    api(
        "POST /orders/{order}/returns",
        f"/orders/ord_{NEITHER}/returns",
        _slip("O-3", lines=[{"line": 1, "qty": 1}], reason="damaged"),
    ),
    api(
        "PUT /suppliers/{code}/stock",
        "/suppliers/homeline/stock",
        {"snapshot_at": AT, "items": [{"sku": "A", "qty": 3}]},
    ),
    api(
        "POST /suppliers/{code}/feeds/{feed}/runs",
        "/suppliers/homeline/feeds/main/runs",
        text="<yml_catalog/>",
        content_type="application/xml",
    ),
    api("GET /suppliers/{code}/feeds/{feed}/runs/{run}", f"/suppliers/homeline/feeds/main/runs/run_{NEITHER}"),
    api(
        "GET /suppliers/{code}/feeds/{feed}/runs/{run}/quarantine",
        f"/suppliers/homeline/feeds/main/runs/run_{NEITHER}/quarantine",
    ),
    api("POST /suppliers/{code}/callbacks", "/suppliers/homeline/callbacks", {}),
    api("POST /suppliers/{code}/callbacks/native", "/suppliers/homeline/callbacks/native", {}),
    api("POST /carriers/{code}/callbacks", "/carriers/postman/callbacks", {}),
    api("POST /payments/callbacks", body={}),
)

STATEMENT = f"/statements/stm_{NEITHER}"
SETTLEMENT = (
    api("GET /statements", "/statements?period=2026-11"),
    api("GET /statements/{statement}", STATEMENT),
    api("GET /statements/{statement}/lines", f"{STATEMENT}/lines"),
    api("POST /statements/{statement}/agree", f"{STATEMENT}/agree", {}),
    api("GET /statements/{statement}/invoices", f"{STATEMENT}/invoices"),
    api("GET /statements/{statement}/invoices/{number}.xml", f"{STATEMENT}/invoices/2026-1.xml"),
    api("GET /statements/{statement}/bundle", f"{STATEMENT}/bundle"),
    api("GET /statements/{statement}/lines/{line}/proof", f"{STATEMENT}/lines/1/proof"),
    api(
        "POST /statements/{statement}/disputes",
        f"{STATEMENT}/disputes",
        _slip("P-1", reason="amount", evidence="Our till"),
    ),
    api("GET /statements/{statement}/disputes", f"{STATEMENT}/disputes"),
    api("POST /payouts/{provider}/callbacks", "/payouts/stripe/callbacks", {}),
    api("GET /proofs/heads"),
    api("GET /proofs/heads/{size}/checkpoint", "/proofs/heads/1/checkpoint"),
    api("GET /proofs/heads/{size}/consistency", "/proofs/heads/2/consistency?from=1"),
    api("GET /proofs/verifier"),
    api("POST /proofs/witnesses", body={"key": "witness.example+0+AAAA"}),
    api("POST /proofs/cosignatures", body={"checkpoint": "coalition"}),
    api(
        "POST /reconciliations",
        "/reconciliations?period=2026-11",
        text='{"external_id": "R-1", "amount": 8990}\n',
        content_type="application/x-ndjson",
    ),
    api("GET /reconciliations"),
    api("GET /reconciliations/{reconciliation_id}", f"/reconciliations/rec_{NEITHER}"),
    api("GET /reconciliations/{reconciliation_id}/rejections", f"/reconciliations/rec_{NEITHER}/rejections"),
    api("GET /disputes"),
    api("GET /disputes/{dispute_id}", f"/disputes/dsp_{NEITHER}"),
    api("POST /disputes/{dispute_id}/comments", f"/disputes/dsp_{NEITHER}/comments", {"text": "Look again"}),
    api("POST /disputes/{dispute_id}/withdraw", f"/disputes/dsp_{NEITHER}/withdraw", {}),
)

ME = (
    api("GET /me"),
    api("GET /me/balances"),
    api("GET /me/movements"),
    api("POST /me/proofs", body={}),
    api("GET /me/orders"),
)

STORY = (*MEMBERS, *PURCHASES, *SPENDING, *FILES, *WEBHOOKS, *CATALOG, *SETTLEMENT, *ME)
