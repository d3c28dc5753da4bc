"""The person at the operators' queue, in a process beside the demo: decides whatever is open, with a reason.

Prints how many cases of each kind there were. It decides by what the simulator is known to mean: a price is accepted or
refused by turns; whatever else may be asked is waited for, so that only the supplier's own answer ends a doubt. With
the number of a feed's run it lets in what was held of that instead.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial

from catalog import orders, suppliers
from coalition.kernel.db import fetch_all, transact

_DECISIONS = {"contradiction": "noted", "cash_not_captured": "noted", "cancel_terms": "accept"}


def main(run: str = "") -> None:
    """Empty the queue once, or let in what was held of a feed's `run`."""
    from wsgi import create_app

    with create_app().app_context():
        if run:
            transact(partial(suppliers.approve, int(run), "the campaign's operator has counted"))
            return
        kinds: Counter[str] = Counter()
        for (program_id,) in transact(lambda: fetch_all("SELECT DISTINCT program_id FROM order_case")):
            for case in transact(partial(orders.cases, program_id, limit=5000)).items:
                kinds[case.kind] += 1
                if decision := _decision(case):
                    transact(partial(orders.decide, program_id, case.id, decision, "the campaign's operator"))
        print(json.dumps(kinds))


def _decision(case: orders.Case) -> str | None:
    if case.kind == "price_changed":
        return ("accept", "refuse")[case.id % 2]
    return _DECISIONS.get(case.kind, "wait" if "wait" in case.allowed else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
