"""Whether a return may be, and what it takes: decided line by line from what was bought and what is returned already.

Pure but for one thing: a planned return is counted at once in the purchase at hand, so that the next one of the same
batch sees it. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.purchases.returning.bought import Bought, Granted, Paid
from coalition.purchases.returning.clawing import Stretch, spread, taken
from coalition.purchases.returns import VOID, GivenLine, Return


@dataclass(frozen=True, slots=True)
class Plan:
    """A return that may be recorded, at its place in the batch: the stretches of lines that it takes.

    `returned`: the parts of every line that have come back once it is recorded.
    """

    place: int
    request: Return
    bought: Bought
    stretches: tuple[Stretch, ...]
    lines: tuple[GivenLine, ...]
    returned: Mapping[int, int] = field(default_factory=dict)

    @property
    def refund(self) -> int:
        """The money to be paid back."""
        return sum(line.refund for line in self.lines)

    def clawed(self, granted: Granted) -> dict[int, int]:
        """The units that the return takes of an award, by line."""
        return taken({int(no): units for no, units in granted.award.lines.items()}, self.stretches)

    def restored(self, paid: Paid) -> dict[int, int]:
        """The points that go back of a tender, by line; it was spread over the lines by their amounts."""
        return taken(spread(paid.units, self.bought.amounts), self.stretches)


def plan(place: int, request: Return, bought: Bought) -> Plan:
    """What `request` takes; counted in `bought` from here on.

    Raises Conflict `purchase_voided`, `purchase_has_returns` (a void after a return) or `returned_too_much` (extra
    `left`: what can still be returned of each line asked for); Invalid for lines that the purchase does not have.
    """
    if bought.voided:
        raise Conflict("purchase_voided", "This purchase was voided; nothing is left of it.")
    if request.kind == VOID and bought.touched:
        raise Conflict("purchase_has_returns", "Some of this purchase was returned; return the rest, too.")
    wanted = _everything(bought) if request.kind == VOID else _wanted(request, bought)
    stretches = tuple(
        Stretch(no, parts, bought.returned[no], bought.lines[no].sold) for no, parts in sorted(wanted.items())
    )
    bases = bought.bases
    lines = tuple(
        GivenLine(one.no, one.parts if bought.lines[one.no].qty_m else None, one.of(bases[one.no])) for one in stretches
    )
    for stretch in stretches:
        bought.returned[stretch.no] += stretch.parts
    bought.touched, bought.voided = True, request.kind == VOID
    return Plan(place, request, bought, stretches, lines, dict(bought.returned))


def _everything(bought: Bought) -> Mapping[int, int]:
    return {no: line.sold for no, line in bought.lines.items()}


def _wanted(request: Return, bought: Bought) -> Mapping[int, int]:
    """The parts of each line that are to be returned. Raises with every line that cannot be."""
    wrong, beyond, wanted = [], [], {}
    for at, asked in enumerate(request.lines):
        line = bought.lines.get(asked.no)
        if line is None:
            wrong.append(FieldError(f"/lines/{at}/no", "unknown_line", "The purchase has no such line."))
        elif asked.qty_m is not None and not line.qty_m:
            detail = "The line was sold without a quantity; return it whole, without qty_m."
            wrong.append(FieldError(f"/lines/{at}/qty_m", "line_without_quantity", detail))
        else:
            wanted[asked.no] = parts = asked.qty_m or bought.left(asked.no)
            if not 0 < parts <= bought.left(asked.no):
                detail = f"Of this line {bought.left(asked.no) if line.qty_m else 'nothing'} can still be returned."
                pointer = "/amount" if request.of_bank else f"/lines/{at}/qty_m"
                beyond.append(FieldError(pointer, "returned_too_much", detail))
    if wrong:
        codes = {problem.code for problem in wrong}
        raise Invalid(codes.pop() if len(codes) == 1 else "invalid", "Some lines cannot be returned.", wrong)
    if beyond:
        left = [{"no": no, "qty_m": bought.left(no) if bought.lines[no].qty_m else None} for no in wanted]
        raise Conflict("returned_too_much", "No more can be returned than was bought.", beyond, left=left)
    return wanted
