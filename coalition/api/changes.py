"""The change feed over HTTP: a partner asks what has happened since it last asked."""

from __future__ import annotations

from typing import Any

from coalition.api.schemas.changes import ChangesQuerySchema, ChangesSchema
from coalition.kernel.db import transact
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.partners import webhooks

blp = ApiBlueprint("changes", __name__, description="Asking what has happened, instead of being told.")


@blp.route("/changes")
@needs("webhooks:write")
@blp.arguments(ChangesQuerySchema, location="query")
@blp.response(200, ChangesSchema)
def read(query: dict[str, Any]) -> webhooks.Changes:
    """What the partner's webhooks would tell, the oldest first, behind a cursor; no endpoint is needed.

    The first request, without a cursor, opens the feed: from then on everything is kept for thirty days. `next_cursor`
    is given always; keep it once you have done what came with it, and ask with it from then on, after a kill, too.
    Nothing is passed over, also what was committed late. Where something behind a cursor is no longer kept, the answer
    is 410 `cursor_expired`: begin anew without one, and read afresh what you mirror.
    """
    types = [name.strip() for name in query["types"].split(",")] if query["types"] else []
    return transact(lambda: webhooks.changes(caller().partner_id, query["cursor"], query["limit"], types))
