"""Apps that members allow: what was allowed, the codes and refresh tokens that come of it, and how clients prove.

Everything that is given out is random, kept as SHA-256 and good once; see `docs/flows/oauth.md`.
"""

from coalition.access.oauth.allowing import CODE_LIFE_S, LIFE, App, allow, apps_of, withdraw
from coalition.access.oauth.asking import METHOD, SentBack, Wish, read
from coalition.access.oauth.clearing import clear_allowances, clear_assertions, clear_refresh_tokens
from coalition.access.oauth.laws import laws
from coalition.access.oauth.proving import ALGORITHMS, ASSERTION_TYPE, verify_assertion
from coalition.access.oauth.redeeming import (
    Allowance,
    Pair,
    claim_code,
    claim_refresh,
    issue_pair,
    refreshable,
)
from coalition.access.oauth.redirects import origin_of
from coalition.access.oauth.telling import Known, end, known

__all__ = [
    "ALGORITHMS",
    "ASSERTION_TYPE",
    "CODE_LIFE_S",
    "LIFE",
    "METHOD",
    "Allowance",
    "App",
    "Known",
    "Pair",
    "SentBack",
    "Wish",
    "allow",
    "apps_of",
    "claim_code",
    "claim_refresh",
    "clear_allowances",
    "clear_assertions",
    "clear_refresh_tokens",
    "end",
    "issue_pair",
    "known",
    "laws",
    "origin_of",
    "read",
    "refreshable",
    "verify_assertion",
    "withdraw",
]
