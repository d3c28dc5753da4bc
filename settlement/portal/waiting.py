"""What of settlement waits for a partner: the statements that it was sent and has not answered."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for
from flask_babel import ngettext

from coalition.portal.frame import READERS
from coalition.portal.menu import Task
from coalition.site.viewer import Colleague
from settlement import statements
from settlement.portal.blueprint import own_entities
from settlement.statements import Sought


def waiting(colleague: Colleague) -> Iterator[Task]:
    """The task to answer statements, if some wait."""
    if colleague.roles.isdisjoint(READERS):
        return
    sought = Sought(colleague.program_id, own_entities(colleague), told=True)
    count = sum(one.statements for one in statements.standing(sought) if one.state == "sent")
    if count:
        words = ngettext("%(num)s statement waits for your answer", "%(num)s statements wait for your answer", count)
        yield Task(words, url_for("portal_statements.statements", state="sent"), "file-earmark-text")
