"""Who travels: names and birthdays as the ticket needs them, sealed before they touch the database."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.suppliers.booking import bookable
from coalition.kernel import sealing
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError, Invalid

_OLDEST_YEARS = 120
_NAME = re.compile(r"[A-Za-z][A-Za-z '\-]{0,59}")  # as passports write them, in Latin letters


@dataclass(frozen=True, slots=True)
class Traveller:
    """One passenger, named as in the travel document."""

    given_name: str
    family_name: str
    born_on: dt.date | None


def name_travellers(member_id: int, bookable_id: int, travellers: Sequence[Traveller], today: dt.date) -> None:
    """Say who travels on a flight that the member has found; repeating it says it anew.

    Raises NotFound, and Invalid that points at every wrong field or says how many have to be named.
    """
    found = bookable(member_id, bookable_id)
    wrong = [problem for at, one in enumerate(travellers) for problem in _problems(at, one, today)]
    if len(travellers) != found.details.get("passengers", 0):
        detail = f"Name {found.details.get('passengers', 0)} travellers."
        wrong.append(FieldError("/travellers", "invalid", detail))
    if wrong:
        raise Invalid("invalid", "The travellers cannot be named like this.", wrong)
    sealed = sealing.seal(json.dumps([asdict(one) for one in travellers], default=str))
    execute("UPDATE bookable_offer SET travellers = :sealed WHERE id = :id", {"id": bookable_id, "sealed": sealed})


def order_details(supplier_id: int, member_id: int, offer_ref: str) -> Mapping[str, Any]:
    """What a supplier must know of an article besides its number (`SupplierLine.details`); nothing for goods."""
    row = fetch_one(
        "SELECT details, travellers FROM bookable_offer WHERE supplier_id = :supplier_id AND member_id = :member_id"
        " AND offer_ref = :ref AND kind = 'flight'",
        {"supplier_id": supplier_id, "member_id": member_id, "ref": offer_ref},
    )
    if row is None or row.travellers is None:
        return {}
    return {"passenger_ids": row.details["passenger_ids"], "travellers": json.loads(sealing.unseal(row.travellers))}


def _problems(at: int, traveller: Traveller, today: dt.date) -> list[FieldError]:
    wrong = [
        FieldError(f"/travellers/{at}/{field}", "invalid", "As in the travel document, in Latin letters.")
        for field, name in (("given_name", traveller.given_name), ("family_name", traveller.family_name))
        if not _NAME.fullmatch(name)
    ]
    born = traveller.born_on
    if born is None or not today.replace(year=today.year - _OLDEST_YEARS, day=1) <= born <= today:
        wrong.append(FieldError(f"/travellers/{at}/born_on", "invalid", "The day of birth."))
    return wrong
