"""Who pays for a promotion, as the sheet shows it and as a document says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coalition.promotions.wording import rows
from coalition.promotions.wording.rows import Misread
from coalition.promotions.wording.sentences import sponsors

PAYERS = 3
Wrong = list[tuple[str, str]]
_WHOLE = 10_000


def sponsor_of(given: Sequence[tuple[str, str]], was: Any, wrong: Wrong) -> Any:
    """Who pays, as a document says it; left as it `was` where nothing about it has changed."""
    payers = [(partner, share) for partner, share in given if partner]
    if payers == payers_of(was):
        return was
    if payers == [("operator", "")] or not payers:
        return "operator" if payers else None
    found, whole = [], 0
    for at, (partner, share) in enumerate(payers):
        try:
            part = rows.number(share or ("100" if len(payers) == 1 else ""), 2)
            if not 1 <= part <= _WHOLE:
                raise Misread("percent")
            found.append({"partner": partner, "share_bp": part})
        except Misread as misread:
            wrong.append((f"share-{at}", str(misread)))
        else:
            whole += part
    if len({partner for partner, _ in payers}) < len(payers):
        wrong.append(("payer-0", "twice"))
    if len(found) == len(payers) and whole != _WHOLE:
        wrong.append(("share-0", "shares"))
    return found[0] if len(found) == 1 else found


def payers_of(sponsor: Any) -> list[tuple[str, str]]:
    """Who pays and which share in percent, as the sheet shows it."""
    given = sponsors(sponsor) if sponsor else []
    return [
        (partner, rows.plain_number(share, 2).removesuffix(".00") if type(share) is int else "")
        for partner, share in given
    ]
