"""What nobody can use any more is forgotten, at most `limit` rows a call; each says how many there were.

A used code or refresh token stays while it would have lived, or its allowance does: only so its second use is seen.
"""

from __future__ import annotations

import datetime as dt

from coalition.kernel import clock
from coalition.kernel.db import execute

_KEPT = dt.timedelta(days=1)


def clear_allowances(limit: int) -> int:
    """Forget allowances that ended more than a day ago, with all that came of them, and those nobody ever took up."""
    return execute(
        "DELETE FROM oauth_grant WHERE id IN ("
        " (SELECT id FROM oauth_grant WHERE least(revoked_at, expires_at) < :before LIMIT :limit)"
        " UNION (SELECT grant_id FROM oauth_code WHERE used_at IS NULL AND expires_at < :before LIMIT :limit)"
        " LIMIT :limit)",
        {"before": clock.now() - _KEPT, "limit": limit},
    )


def clear_refresh_tokens(limit: int) -> int:
    """Forget refresh tokens that expired more than a day ago."""
    return execute(
        "DELETE FROM oauth_refresh WHERE token_hash IN"
        " (SELECT token_hash FROM oauth_refresh WHERE expires_at < :before LIMIT :limit)",
        {"before": clock.now() - _KEPT, "limit": limit},
    )


def clear_assertions(limit: int) -> int:
    """Forget assertions that could not be shown again."""
    return execute(
        "DELETE FROM oauth_assertion WHERE (oauth_client_id, jti_hash) IN"
        " (SELECT oauth_client_id, jti_hash FROM oauth_assertion WHERE expires_at < :now LIMIT :limit)",
        {"now": clock.now(), "limit": limit},
    )
