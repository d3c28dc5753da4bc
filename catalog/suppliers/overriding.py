"""In which capabilities one supplier differs from its protocol's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from catalog.ports import Caps
from catalog.suppliers.directory import get
from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import FieldError, Invalid

_TYPES = get_type_hints(Caps)
_MOST = 1_000_000


def override(supplier_id: int, caps: Mapping[str, Any]) -> None:
    """Say in what a supplier differs (`{"hold": False, "max_rps": 2.0}`); what is not named is as its protocol has it.

    Holds for calls from now on; an order keeps the capabilities it began with. Raises NotFound, and Invalid that points
    at every wrong one.
    """
    get(supplier_id)
    wrong = [
        FieldError(f"/{name}", "invalid", "There is no such capability, or it has another type or range.")
        for name, value in caps.items()
        if not _fits(name, value)
    ]
    if wrong:
        raise Invalid("invalid", "No supplier can do this.", wrong)
    execute(
        "UPDATE supplier SET caps = CAST(:caps AS jsonb) WHERE id = :id",
        {"id": supplier_id, "caps": json.dumps(dict(caps))},
    )
    audit.record("supplier.override", f"supplier:{supplier_id}", **caps)


def _fits(name: str, value: object) -> bool:
    hint = _TYPES.get(name)
    kinds = (get_args(hint) or (hint,)) if hint else ()
    if value is None or isinstance(value, bool):
        return type(value) in kinds
    if not isinstance(value, int | float) or not (int in kinds or float in kinds):
        return False
    return 0 < value <= _MOST and (float in kinds or isinstance(value, int))
