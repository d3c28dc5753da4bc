"""What waits for the staff: a file with wrong lines, receipts without a member, a correction that takes two people."""

from __future__ import annotations

import datetime as dt
import json
from io import BytesIO
from typing import Any

from coalition import members, programs, purchases, wallets
from coalition.kernel import audit, clock, jobs, ports
from coalition.kernel.db import transact
from coalition.ports import FileStore
from coalition.wallets import Adjustment
from integrations.demo.seeding.partners_side import CURRENCY, MEMBER_CARD, Made

_SHOP = "homeline"
_FRIENDS_CARD = "9843000000009901"  # nobody's yet
_GOODWILL = ("goodwill", "The till was down for an hour; Anna waited.")
_MISSING = ("missing_points", "Receipts of the opening weekend were never sent; the shop confirms them by mail.")


def leave(made: Made) -> None:
    """Lay everything on the desk, in the name of the first person of the support."""
    stored = ports.get(FileStore).put("registries/demo-week", BytesIO(b"\n".join(_lines())))
    transact(lambda: _send(made, stored))
    transact(lambda: _let_wait(made))
    before = audit.origin()
    audit.set_origin(audit.Origin(f"user:{made.staff_ids['support']}"))
    transact(lambda: _correct(made, "desk-1", 250, *_GOODWILL))
    transact(lambda: _correct(made, "desk-2", 25_000, *_MISSING))
    audit.set_origin(before)


def _send(made: Made, stored: Any) -> None:
    opened = purchases.open_registry(made.program.id, made.shops[_SHOP].id, stored)
    jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))


def _let_wait(made: Made) -> None:
    receipts = [purchases.read(_body(f"HOMELINE-W{number}", 4990 * number, _FRIENDS_CARD)) for number in (1, 2)]
    purchases.accept(made.shops[_SHOP].id, receipts, purchases.Via(), hold=True)


def _correct(made: Made, key: str, amount: int, reason_code: str, note: str) -> None:
    keys = [("card", MEMBER_CARD)]
    [member_id] = members.identify(made.program.id, made.shops["freshmart"].id, keys).values()
    currency = programs.main_currency(made.program.id)
    wallets.adjust(Adjustment(made.program.id, member_id, currency.id, amount, key, reason_code, note))


def _lines() -> list[bytes]:
    good = [_body(f"HOMELINE-R{number}", 1290 * number, MEMBER_CARD) for number in range(1, 9)]
    wrong = [
        {**_body("HOMELINE-R20", 2790, MEMBER_CARD), "outlet": "H9"},
        {**_body("HOMELINE-R21", 2790, MEMBER_CARD), "currency": "USD"},
        {**_body("HOMELINE-R22", 2790, MEMBER_CARD), "occurred_at": "yesterday"},
        _body("HOMELINE-R23", 2790, "9843000000009999"),
    ]
    lines = [json.dumps(body).encode() for body in [*good[:5], *wrong, *good[5:]]]
    return [*lines, b'{"external_id": "HOMELINE-R24", "occurred_at": ']


def _body(external_id: str, amount: int, card: str) -> dict[str, Any]:
    at = clock.now() - dt.timedelta(days=1)
    return {
        "external_id": external_id,
        "occurred_at": at.isoformat(),
        "outlet": "H1",
        "member": {"kind": "card", "value": card},
        "currency": CURRENCY,
        "lines": [{"no": 1, "sku": "TOWEL", "name": "Bath towel", "qty_m": 1000, "price": amount, "amount": amount}],
    }
