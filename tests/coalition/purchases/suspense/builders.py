"""Files with purchases of members who are yet to come, and what has become of them."""

from __future__ import annotations

import json
from typing import Any

from coalition import members, purchases
from coalition.kernel import ids, jobs
from coalition.kernel.db import transact
from coalition.kernel.laws import laws, offending
from tests.coalition.api.till import Till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import Shop

STRANGER = {"kind": "card", "value": "7777 0001"}


def send(till: Till, *bodies: dict[str, Any], query: str = "") -> str:
    file = "".join(json.dumps(body) + "\n" for body in bodies).encode()
    sent = till.send(f"/registries{query}", file, Content_Type="application/x-ndjson")
    jobs.run_due()
    return str(sent.json["id"])


def counts(till: Till, registry: str) -> tuple[int, ...]:
    answer = till.get(f"/registries/{registry}").json
    names = ("lines", "accepted", "replayed", "rejected", "suspended", "points_issued")
    return tuple(answer[name] for name in names)


def waiting(shop: Shop, state: str = "waiting") -> list[purchases.Suspense]:
    return list(transact(lambda: purchases.suspended(shop.program.id, None, 50, state=state)).items)


def enrol(shop: Shop, card: str = "77770001") -> members.Member:
    return transact(lambda: a_member(shop.program, shop.partner, card=card))


def sound() -> bool:
    return [law.code for law in laws() if offending(law)] == []


def public(member: members.Member) -> str:

    return ids.public("mbr", member.id)
