"""Forms of pages that do their deed once, however often they are sent.

The key of the form that was shown stands, beside the name of what it made, in the transaction of the deed: among the
keys of requests, under a client that nobody is. A form sent twice at one moment waits for the first, two seconds at
most. A refused form leaves no key and can be sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg

from coalition.kernel import audit
from coalition.kernel.db import raw
from coalition.kernel.errors import NotNow

_NOBODY = 0  # of all clients the id that none has
_CLAIM = """
    INSERT INTO idempotency (client_id, key, request_hash)
    SELECT %(client)s, %(key)s, '' FROM set_config('lock_timeout', '2s', true) ON CONFLICT DO NOTHING"""
_FINISH = "UPDATE idempotency SET status = 200, body = %(body)s::jsonb WHERE client_id = %(client)s AND key = %(key)s"
_READ = "SELECT body ->> 'made' FROM idempotency WHERE client_id = %(client)s AND key = %(key)s"


def once(deed: str, key: str, work: Callable[[], str]) -> tuple[str, bool]:
    """The name of what a person's form made, and whether that is new; with a known key `work` is not done again.

    `deed` names the form, `key` is the one with which it was shown. NotNow while the first sending still runs.
    """
    params: dict[str, Any] = {"client": _NOBODY, "key": f"{audit.origin().actor} {deed} {key}"}
    try:
        new = raw().execute(_CLAIM, params).rowcount == 1
    except psycopg.errors.LockNotAvailable as error:
        raise NotNow("idempotency_key_in_flight", "The form was sent just now and is still at work.") from error
    if not new:
        (made,) = raw().execute(_READ, params).fetchone() or ("",)
        return made, False
    made = work()
    raw().execute(_FINISH, params | {"body": json.dumps({"made": made})})
    return made, True
