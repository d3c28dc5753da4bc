"""The form that gives a purchase back, read and done: for staff in a partner's name, and for the partner itself.

Which lines come back and how much of each, or the whole receipt; with a reason, once, and written down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from coalition import purchases
from coalition.console import forms
from coalition.kernel import audit, clock, ids
from coalition.purchases import RETURN, VOID, Line, Refused, Return

_DECIMALS = 3


@dataclass(slots=True)
class Asked:
    """What the form says: `answers` as typed, the numbers of the lines `picked`, and what is wrong with it."""

    answers: dict[str, str]
    picked: list[int]
    errors: forms.Errors = field(default_factory=list)
    lines: Mapping[int, int | None] = field(default_factory=dict)

    @property
    def voids(self) -> bool:
        """Whether the whole receipt is voided."""
        return self.answers["kind"] == VOID

    def request(self, purchase_id: int, door: str) -> Return:
        """The return, under a business key that the form sent again has again. Raises Invalid."""
        key = f"{door}-{self.answers['key']}"
        body: dict[str, Any] = {"external_id": key, "occurred_at": clock.now().isoformat()}
        if not self.voids:
            body["lines"] = [{"no": no, "qty_m": self.lines.get(no)} for no in self.picked]
        return replace(purchases.read_return(body, VOID if self.voids else RETURN), purchase_id=purchase_id)


def blank() -> dict[str, str]:
    """The answers of a form that is being shown."""
    return {"key": forms.new_key(), "kind": RETURN}


def asked(lines: Sequence[Line]) -> Asked:
    """Read the form that was sent about a receipt of these lines."""
    given = forms.answers("kind", "reason", *(f"qty-{line.no}" for line in lines)) | {"key": forms.sent_key()}
    picked = [line.no for line in lines if str(line.no) in forms.picked("lines")]
    wanted = {no: forms.units(given[f"qty-{no}"], _DECIMALS) for no in picked if given[f"qty-{no}"]}
    found = Asked(given, picked, [] if given["reason"] else [forms.error("reason", "say_why")], wanted)
    if not found.voids:
        bad = [no for no, qty in wanted.items() if qty is None or qty <= 0]
        found.errors += [forms.error(f"qty-{no}", "quantity") for no in bad]
        found.errors += [] if picked else [forms.error("lines", "choose_lines")]
    return found


def done(form: Asked, purchase_id: int, door: str) -> tuple[forms.Errors, int]:
    """Do it in a transaction: no errors and 200, or what the refusal says and its status. Raises NotFound."""
    request = form.request(purchase_id, door)
    pointers = {f"/lines/{at}/{part}": f"qty-{no}" for at, no in enumerate(form.picked) for part in ("no", "qty_m")}
    errors, status = forms.tried(lambda: _record(purchase_id, request, form.answers["reason"]), pointers)
    return [one | {"code": "quantity"} if one["field"] else one for one in errors], status


def _record(number: int, request: Return, reason: str) -> None:
    """Record it once: the same form sent again, or at the same moment, changes nothing. Raises what refuses it.

    The number is the form's own: under it there is a return of another content only where the form was sent before.
    """
    found, _ = purchases.whole(number)
    [made] = purchases.record_returns(found.partner_id, [request])
    if isinstance(made, Refused):
        if made.refusal.code == "external_id_conflict":
            return
        raise made.refusal
    subject = f"member:{found.member_id}" if found.member_id else f"purchase:{number}"
    facts = {"purchase": ids.public("pur", number), "receipt": found.external_id, "number": request.external_id}
    audit.record(f"purchase.{request.kind}", subject, **facts, refund=made.refund, reason=reason)
