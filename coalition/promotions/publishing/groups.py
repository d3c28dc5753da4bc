"""Groups as they are kept: which promotions compete with each other, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError
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


def group_problems(code: Any, group: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a group: its code, its mode, its scope."""
    problems = code_problems(code, "/code")
    for name, known in (("mode", MODES), ("scope", SCOPES)):
        if group.get(name) not in known:
            problems.append(FieldError(f"/{name}", "invalid", f"One of {', '.join(known)}."))
    return problems


def put_group(program_id: int, code: str, group: Mapping[str, str]) -> None:
    """Keep a group that was checked, in force with the next ruleset."""
    changed = execute(
        "INSERT INTO promo_group (program_id, code, mode, scope) VALUES (:program, :code, :mode, :scope)"
        " ON CONFLICT (program_id, code) DO UPDATE SET mode = excluded.mode, scope = excluded.scope"
        " WHERE (promo_group.mode, promo_group.scope) <> (excluded.mode, excluded.scope)",
        {"program": program_id, "code": code, "mode": group["mode"], "scope": group["scope"]},
    )
    if changed:
        audit.record("promo_group.set", f"program:{program_id}", code=code, **group)
