"""The counter at which a partner's purchases arrive: its program, currencies and outlets, kept ready in the process.

Partners, programs and currencies do not change; an outlet found is believed for ten seconds, an unknown one never.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from coalition import partners, programs
from coalition.kernel.db import session

_FRESH_S = 10.0
_memories: WeakKeyDictionary[Any, dict[int, Counter]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Counter:
    """What every purchase of a partner needs to know."""

    partner: partners.Partner
    program: programs.Program
    currencies: Mapping[int, programs.Currency]
    _outlets: dict[str, tuple[float, partners.Outlet]] = field(default_factory=dict)

    def outlets(self, codes: Iterable[str]) -> dict[str, partners.Outlet]:
        """The partner's outlets with these codes, in at most one statement; unknown codes are left out."""
        oldest = time.monotonic() - _FRESH_S
        wanted = set(codes)
        found = {code: self._outlets[code][1] for code in wanted if self._outlets.get(code, (0.0,))[0] > oldest}
        if missing := wanted - found.keys():
            read = partners.outlets(self.partner.id, missing)
            self._outlets.update({code: (time.monotonic(), outlet) for code, outlet in read.items()})
            found |= read
        return found


def counter(partner_id: int) -> Counter:
    """The counter of a partner. Raises NotFound for no partner."""
    memory = _memories.setdefault(session().get_bind(), {})
    found = memory.get(partner_id)
    if found is None:
        partner = partners.get(partner_id)
        currencies = {currency.id: currency for currency in programs.currencies(partner.program_id)}
        found = memory[partner_id] = Counter(partner, programs.get(partner.program_id), currencies)
    return found
