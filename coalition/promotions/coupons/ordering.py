"""What a marketer orders, and what is wrong with it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.coupons import codes

KINDS = ("printed", "issued", "shared")
WANTED_MAX = 10_000_000
USES_MAX = 1_000_000
DAYS_MAX = 3_660
PREFIX_MAX = 8
ISSUED_LENGTH = 13
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_OPENS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_WORD = re.compile(r"[A-Z0-9]{3,40}")


@dataclass(frozen=True, slots=True)
class Order:
    """A batch to be: `printed` codes in bulk, `issued` ones that members are given, or one `shared` word for everybody.

    `opens`: the coupon that promotions ask for; None: the batch's own code. The other fields as in `Batch`.
    """

    code: str
    name_en: str
    name_ru: str
    kind: str = "printed"
    opens: str | None = None
    wanted: int = 0
    prefix: str = ""
    word: str = ""
    uses_max: int = 1
    member_uses_max: int | None = None
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None
    valid_days: int | None = None


def checked(order: Order) -> dict[str, Any]:
    """The order as the table keeps it. Raises Invalid, which names everything that is wrong by its JSON pointer."""
    wrong = [FieldError(f"/{name}", code, detail) for name, (bad, code, detail) in _rules(order).items() if bad]
    if wrong:
        raise Invalid("invalid", "This batch cannot be made.", wrong)
    printed = order.kind == "printed"
    length = {"printed": codes.length_for(max(order.wanted, 1)), "issued": ISSUED_LENGTH}.get(order.kind, 0)
    return {
        "code": order.code,
        "name_en": order.name_en,
        "name_ru": order.name_ru,
        "kind": order.kind,
        "opens": order.opens or order.code,
        "prefix": codes.normal(order.prefix),
        "length": length,
        "wanted": order.wanted if printed else int(order.kind == "shared"),
        "uses_max": None if order.kind == "shared" else order.uses_max,
        "member_uses_max": order.member_uses_max,
        "valid_from": order.valid_from,
        "valid_until": order.valid_until,
        "valid_days": order.valid_days if order.kind == "issued" else None,
    }


def _rules(order: Order) -> dict[str, tuple[bool, str, str]]:
    prefix, word = codes.normal(order.prefix), codes.normal(order.word)
    window = order.valid_from and order.valid_until and order.valid_from >= order.valid_until
    return {
        "code": (not _CODE.fullmatch(order.code), "invalid", "Up to 40 of a-z, A-Z, 0-9, dot, dash and underscore."),
        "name_en": (not 1 <= len(order.name_en) <= 200, "required", "A name of 1 to 200 characters."),
        "name_ru": (not 1 <= len(order.name_ru) <= 200, "required", "A name of 1 to 200 characters."),
        "kind": (order.kind not in KINDS, "invalid", f"One of {', '.join(KINDS)}."),
        "opens": (bool(order.opens) and not _OPENS.fullmatch(order.opens or ""), "invalid", "A coupon's name."),
        "wanted": (
            order.kind == "printed" and not 1 <= order.wanted <= WANTED_MAX,
            "invalid",
            f"A whole number from 1 to {WANTED_MAX}.",
        ),
        "prefix": (
            len(prefix) > PREFIX_MAX or not codes.in_alphabet(prefix),
            "invalid",
            f"At most {PREFIX_MAX} of {codes.ALPHABET}.",
        ),
        "word": (
            order.kind == "shared" and not _WORD.fullmatch(word),
            "invalid",
            "3 to 40 letters (A-Z) and digits.",
        ),
        "uses_max": (not 1 <= order.uses_max <= USES_MAX, "invalid", f"A whole number from 1 to {USES_MAX}."),
        "member_uses_max": (
            order.member_uses_max is not None and not 1 <= order.member_uses_max <= USES_MAX,
            "invalid",
            f"A whole number from 1 to {USES_MAX}.",
        ),
        "valid_until": (bool(window), "invalid", "It ends after it begins."),
        "valid_days": (
            order.valid_days is not None and not 1 <= order.valid_days <= DAYS_MAX,
            "invalid",
            f"A whole number from 1 to {DAYS_MAX}.",
        ),
    }
