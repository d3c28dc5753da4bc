"""What the cabinet says of a member's tier: its name, how long it lasts, and how far the next one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition import ledger, members, programs
from coalition.kernel import clock
from coalition.kernel.web.pages import language
from coalition.site.expiries import last_day


def tier_of(program: programs.Program, member_id: int, wallets: Mapping[int, ledger.Balance]) -> dict[str, Any] | None:
    """The member's tier as the template `balance` shows it; None in a program without tiers. `wallets` by currency.

    `points` are those of the running period; `next` is the first tier that they do not reach.
    """
    known = members.ladder(program.id)
    if known.currency_id is None:
        return None
    standing = members.standing([member_id])[member_id]
    since, until = programs.tier_period(known.months, clock.now(), program.zone)
    wallet = wallets.get(known.currency_id)
    points = ledger.gathered([wallet.account_id], since, until).get(wallet.account_id, 0) if wallet else 0
    own = known.by_code.get(standing.tier)
    ahead = (one for one in known.tiers if one.threshold is not None and one.threshold > points)
    following = next((one for one in ahead if own is None or one.rank > own.rank), None)
    return {
        "name": _name(own) if own else None,
        "until": last_day(standing.tier_until, program.zone) if standing.tier_until else None,
        "points": points,
        "decimals": programs.currency_by_id(known.currency_id).decimals,
        "next": {"name": _name(following), "threshold": following.threshold} if following else None,
        "benefits": standing.benefits,
    }


def _name(tier: members.Tier) -> str:
    return tier.name_ru if language() == "ru" else tier.name_en
