"""Codes of coupons in bulk: a part a transaction, so that a killed worker costs one part and no code is there twice."""

from __future__ import annotations

from coalition.kernel import jobs
from coalition.promotions import coupons


@jobs.handles(coupons.MAKE)
def make(task: jobs.Task) -> None:
    """Make every code of a batch; it ends early where somebody has cancelled the batch."""
    batch_id = int(task.args["batch"])
    while task.step(lambda: _part(task, batch_id)):
        pass


def _part(task: jobs.Task, batch_id: int) -> bool:
    made = coupons.make_part(batch_id)
    if made is None:
        return False
    task.progress(made.made, made.wanted)
    return made.made < made.wanted
