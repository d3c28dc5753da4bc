"""What waits for a supplier's people: orders to answer and to ship, said on the portal's first page."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for
from flask_babel import ngettext

from catalog import orders, suppliers
from catalog.portal.frame import PEOPLE
from coalition.portal.menu import Task
from coalition.site.viewer import Colleague


def waiting(colleague: Colleague) -> Iterator[Task]:
    """One line for what is to be answered, and one for what is to be shipped."""
    if colleague.roles.isdisjoint(PEOPLE):
        return
    own = [one.id for one in suppliers.owned_by(colleague.program_id, colleague.partner_id)]
    counted = orders.serving(own) if own else {}
    if number := counted.get("answer", 0):
        words = ngettext("%(num)s order waits for your answer", "%(num)s orders wait for your answer", number)
        yield Task(words, url_for("supply.order_list", view="answer"), "question-circle")
    if number := counted.get("ship", 0):
        words = ngettext("%(num)s order is to be shipped", "%(num)s orders are to be shipped", number)
        yield Task(words, url_for("supply.order_list", view="ship"), "truck")
