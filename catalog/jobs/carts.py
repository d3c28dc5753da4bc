"""What becomes of carts and wishes without their members: they follow a merge, and a forgotten cart is closed."""

from __future__ import annotations

from catalog import pricing
from coalition.kernel import jobs, outbox
from coalition.kernel.jobs import Task

_CHUNK = 1000


@outbox.subscribe("member.merged", consumer="carts")
def follow(event: outbox.Event) -> None:
    """What a merged member has gathered goes over to the survivor."""
    told = event.payload
    pricing.absorb(told["program_id"], told["from_id"], told["into_id"])
    pricing.absorb_wishes(told["from_id"], told["into_id"])


@jobs.handles("carts.abandon")
def abandon(task: Task) -> None:
    """Close carts that nobody has touched for ninety days."""
    while task.step(lambda: pricing.abandon(_CHUNK)) == _CHUNK:
        pass


jobs.every("carts.abandon", 86_400, "carts.abandon")
