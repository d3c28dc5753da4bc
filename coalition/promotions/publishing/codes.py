"""Codes of promotions, campaigns and groups: letters, digits, dots, dashes and underscores, at most 60. Pure."""

from __future__ import annotations

import re
from typing import Any

from coalition.kernel.errors import FieldError

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def is_code(value: Any) -> bool:
    """Whether this is a code."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def code_problems(value: Any, pointer: str) -> list[FieldError]:
    """What is wrong with a code: nothing, or that it is none."""
    told = "A code of 1 to 60 letters, digits, dots, dashes and underscores."
    return [] if is_code(value) else [FieldError(pointer, "invalid", told)]
