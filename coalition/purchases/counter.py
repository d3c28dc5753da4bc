"""The counter at which a partner's purchases arrive: its program, currencies and outlets, kept ready in the process.

The partner's roles, the program's policies, its currencies' and the limits of who funds points are at most a second old
(`programs.policies`); that an outlet is open is believed for ten seconds, that it is closed or unknown never: what is
refused was looked up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from coalition import partners, programs, promotions
from coalition.kernel.remembering import Remembered
from coalition.partners import exposure

_FRESH_S = 10.0
_memory = Remembered[dict[int, "Counter"]](dict)


@dataclass(frozen=True, slots=True)
class Counter:
    """What every purchase of a partner needs to know."""

    partner: partners.Partner
    policies: programs.Policies
    _outlets: dict[str, tuple[float, partners.Outlet]] = field(default_factory=dict)
    limits: Mapping[int, exposure.Limit] = field(default_factory=dict)

    @property
    def program(self) -> programs.Program:
        """The partner's program."""
        return self.policies.program

    @property
    def currencies(self) -> Mapping[int, programs.Currency]:
        """The points currencies of the program, by id."""
        return self.policies.currencies

    def outlets(self, codes: Iterable[str]) -> dict[str, partners.Outlet]:
        """The partner's outlets with these codes, in at most one statement; unknown codes are left out.

        No code at all stands for the partner's first outlet that is not closed: a bank has no tills.
        """
        oldest = time.monotonic() - _FRESH_S
        wanted = set(codes)
        found = {code: self._outlets[code][1] for code in wanted if self._outlets.get(code, (0.0,))[0] > oldest}
        if missing := wanted - found.keys():
            read = partners.outlets(self.partner.id, missing)
            if "" in missing and (known := partners.list_outlets(self.partner.id)):
                read[""] = next((one for one in known if one.closed_at is None), known[0])
            now = time.monotonic()
            self._outlets.update({code: (now, outlet) for code, outlet in read.items() if outlet.closed_at is None})
            found |= read
        return found


def counter(partner_id: int) -> Counter:
    """The counter of a partner. Raises NotFound for no partner."""
    memory = _memory()
    found = memory.get(partner_id)
    program_id = found.partner.program_id if found else partners.get(partner_id).program_id
    now = programs.policies(program_id)
    if found is None or found.policies is not now:
        partner = partners.get(partner_id)  # its roles change with the version of the policies, and so do limits
        limits = exposure.limits(program_id)
        found = memory[partner_id] = Counter(partner, now, found._outlets if found else {}, limits)
    return found


def knowing(at: Counter, rules: Iterable[promotions.Rule]) -> Counter:
    """The counter; read anew if it lacks what a rule fills, for a rule can be a second younger than the policies."""
    lacking = any(
        rule.currency_id not in at.currencies
        or (rule.promo_account_id is not None and rule.promo_account_id not in at.policies.promo_accounts)
        for rule in rules
    )
    return replace(at, policies=programs.policies(at.program.id, fresh=True)) if lacking else at
