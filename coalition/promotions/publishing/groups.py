"""Groups: which promotions compete with each other, and how. A change is in force with the next ruleset."""

from __future__ import annotations

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.publishing.codes import code_problems

MODES = ("all", "first", "best")
SCOPES = ("receipt", "line")
_MOST = 1_000


def groups_of(program_id: int) -> dict[str, dict[str, str]]:
    """The program's groups as the engine takes them: `{code: {mode, scope}}`."""
    rows = fetch_all(
        "SELECT code, mode, scope FROM promo_group WHERE program_id = :program ORDER BY code LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    return {row.code: {"mode": row.mode, "scope": row.scope} for row in rows}


def set_group(program_id: int, code: str, *, mode: str, scope: str = "receipt") -> None:
    """Let promotions of the group `code` all apply, only the first one, or only the best, per receipt or per line.

    Adds the group or changes it; in force with the next ruleset. Invalid for what is no code, mode or scope.
    """
    problems = code_problems(code, "/code")
    for name, value, known in (("mode", mode, MODES), ("scope", scope, SCOPES)):
        if value not in known:
            problems.append(FieldError(f"/{name}", "invalid", f"One of {', '.join(known)}."))
    if problems:
        raise Invalid("invalid", "This is no group of promotions.", problems)
    changed = execute(
        "INSERT INTO promo_group (program_id, code, mode, scope) VALUES (:program, :code, :mode, :scope)"
        " ON CONFLICT (program_id, code) DO UPDATE SET mode = excluded.mode, scope = excluded.scope"
        " WHERE (promo_group.mode, promo_group.scope) <> (excluded.mode, excluded.scope)",
        {"program": program_id, "code": code, "mode": mode, "scope": scope},
    )
    if changed:
        audit.record("promo_group.set", f"program:{program_id}", code=code, mode=mode, scope=scope)
