"""Reading the console's forms: texts, amounts as people write them, and what a refusal says beside which field.

Every form carries a key made when it was shown, so that sending it twice does the deed once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request

from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound, Refusal
from coalition.kernel.idempotency import request_hash

Errors = list[dict[str, Any]]
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_PICKED_MAX = 1_000
_KEY = re.compile(r"[0-9a-f]{32}")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'")
_TEXT_MAX = 2_000
_AMOUNT_MAX = 10**15


def answers(*names: str) -> dict[str, str]:
    """What was typed into these fields, without spaces around it; lines end as the field counts them, by one sign."""
    given = {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}
    return {name: text.strip()[:_TEXT_MAX] for name, text in given.items()}


def picked(name: str) -> list[str]:
    """The values of the boxes of this name that were ticked."""
    return [value[:_TEXT_MAX] for value in request.form.getlist(name)[:_PICKED_MAX]]


def is_code(text: str) -> bool:
    """Whether this can be the code of a promo account, a tier or a plan."""
    return _CODE.fullmatch(text) is not None


def new_key() -> str:
    """The key of a form that is being shown."""
    return uuid.uuid4().hex


def sent_key() -> str:
    """The key of the form that was sent; a new one if somebody has tampered with it."""
    given = request.form.get("key", "")
    return given if _KEY.fullmatch(given) else new_key()


def units(text: str, decimals: int) -> int | None:
    """An amount as people write it, in minor units: "1 250,5" is 125050 with two decimals. None if it is none."""
    try:
        value = Decimal(text.translate(_SPACES).replace(",", "."))
    except InvalidOperation:
        return None
    scaled = value.scaleb(decimals) if value.is_finite() and abs(value.adjusted()) < 20 else Decimal("NaN")
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) > _AMOUNT_MAX:
        return None
    return int(scaled)


def whole(text: str) -> int | None:
    """A whole number as people write it; None if it is none."""
    return units(text, 0)


def seen() -> bytes:
    """The hash of what was shown, as the form sends it; nothing for what can be none."""
    text = request.form.get("seen", "")
    return bytes.fromhex(text) if len(text) == 64 and set(text) <= set("0123456789abcdef") else b""


def shown(now: dict[str, str], given: dict[str, str] | None) -> dict[str, Any]:
    """What a form shows: what there is `now`, or what was answered; and the hash of what it showed first."""
    if given is None:
        return {"answers": now, "seen": request_hash(now).hex()}
    return {"answers": given, "seen": seen().hex()}


def demand_unchanged(now: dict[str, str]) -> None:
    """Conflict `form_stale` if the form that was sent showed something else than there is now."""
    if seen() not in (b"", request_hash(now)):
        raise Conflict("form_stale", "Somebody has changed this meanwhile; open the form anew.")


def error(field: str, code: str, text: str | None = None) -> dict[str, Any]:
    """One line of the error summary."""
    return {"field": field, "code": code, "text": text}


def refused(refusal: Refusal, fields: Mapping[str, str], worded: Collection[str] = ()) -> Errors:
    """What a form says of a refusal: beside the fields that it points at, else above it.

    `fields` leads from a JSON pointer to the form's field; for the codes `worded` the page has words of its own.
    """
    found = [
        error(fields[at.pointer], at.code if at.code in ("required", *worded) else "text", at.detail)
        for at in refusal.errors
        if at.pointer in fields
    ]
    return found or [error("", refusal.code, refusal.detail)]


def tried(work: Callable[[], object], fields: Mapping[str, str], worded: Collection[str] = ()) -> tuple[Errors, int]:
    """Do it in a transaction: no errors and 200, or what the refusal says and its status. Raises NotFound."""
    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        found = refused(refusal, fields, worded)
        return [one | {"code": "invalid"} if one["code"] == "text" else one for one in found], refusal.status
    return [], 200
