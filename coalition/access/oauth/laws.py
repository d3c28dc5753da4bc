"""The laws of what members allow: each is one query whose rows are offences, so that none may come back."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "OA1",
        "a token speaks for its client alone, or for a member within what that member allowed this very client",
        """SELECT t.id FROM oauth_token t LEFT JOIN oauth_grant g ON g.id = t.grant_id
            WHERE (t.grant_id IS NULL AND 'me' = ANY (t.scopes))
               OR (t.grant_id IS NOT NULL
                   AND (NOT t.scopes <@ g.scopes OR t.oauth_client_id <> g.oauth_client_id))""",
    ),
    Law(
        "OA2",
        "only members allow anything, and only apps of their own program",
        """SELECT g.id FROM oauth_grant g JOIN user_account u ON u.id = g.user_id
             JOIN oauth_client c ON c.id = g.oauth_client_id
            WHERE u.owner_ref NOT LIKE 'member:%' OR u.program_id <> c.program_id""",
    ),
    Law(
        "OA3",
        "nothing outlives what it was allowed by: neither a token nor a refresh token",
        """SELECT t.id::text FROM oauth_token t JOIN oauth_grant g ON g.id = t.grant_id
            WHERE t.expires_at > g.expires_at
           UNION ALL
           SELECT encode(r.token_hash, 'hex') FROM oauth_refresh r JOIN oauth_grant g ON g.id = r.grant_id
            WHERE r.expires_at > g.expires_at""",
    ),
    Law(
        "OA4",
        "a code that was not redeemed has given no token",
        """SELECT k.grant_id FROM oauth_code k WHERE k.used_at IS NULL
              AND (EXISTS (SELECT FROM oauth_token t WHERE t.grant_id = k.grant_id)
                   OR EXISTS (SELECT FROM oauth_refresh r WHERE r.grant_id = k.grant_id))""",
    ),
    Law(
        "OA5",
        "the code gives an allowance one token and each refresh one more",
        """SELECT g.id FROM oauth_grant g
            WHERE (SELECT count(*) FROM oauth_token t WHERE t.grant_id = g.id)
                > 1 + (SELECT count(*) FROM oauth_refresh r WHERE r.grant_id = g.id AND r.used_at IS NOT NULL)""",
    ),
)


def laws() -> tuple[Law, ...]:
    """The laws of this room's part."""
    return _LAWS
