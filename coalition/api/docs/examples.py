"""The recorded examples, one for each operation, from `docs/api/examples`. A test asks each of them again."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from coalition.kernel.config import ROOT

FOLDER = ROOT / "docs" / "api" / "examples"
_SIGNS = re.compile(r"[^a-z0-9]+")


def file_of(operation: str) -> Path:
    """Where the example of an operation ("POST /api/v1/purchases") is kept."""
    return FOLDER / f"{_SIGNS.sub('-', operation.lower().replace('/api/v1', '')).strip('-')}.json"


def read() -> dict[str, dict[str, Any]]:
    """Every example by its operation, as it is on the disk."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return {example["operation"]: example for example in found}


@cache
def shown() -> dict[str, dict[str, str]]:
    """What the reference shows of each example: the request and the answer as texts."""
    return {operation: _told(example) for operation, example in read().items()}


def _told(example: dict[str, Any]) -> dict[str, str]:
    asked, told = example["request"], example["response"]
    head = f"{asked['method']} {asked['path']}\nAuthorization: Bearer ..."
    if "body" in asked:
        head += f"\nContent-Type: {asked['content_type']}\n\n{_text(asked['body'])}"
    return {"request": head, "answer": f"{told['status']} {told['content_type']}\n\n{_text(told['body'])}".strip()}


def _text(body: Any) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
