"""The VAT that prices contain, where a program's members earn on prices without it: base rules go by the same rates as
promotions. Costs one statement a batch there, and none where members earn on what they pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coalition import partners
from coalition.promotions.engine.discounting import WITHOUT
from coalition.purchases.counter import Counter
from coalition.purchases.recording.promoting import ruleset_of
from coalition.purchases.recording.storing import Draft

Made = tuple[int, Draft]
Rates = Mapping[int, int]  # by the number of a line, in hundredths of a percent


def vat_rates(at: Counter, made: Sequence[Made]) -> Mapping[int, Rates]:
    """By purchase, the VAT rates of its lines; none of a purchase on which its member earns on prices with VAT."""
    usual = {}
    for number, draft in made:
        ruleset = ruleset_of(at, draft) if draft.member_id is not None and draft.earns else None
        if ruleset is not None and ruleset.program.get("earn_vat") == WITHOUT:
            usual[number] = ruleset.program.get("vat_bp", 0)
    if not usual:
        return {}
    lines = {number: draft.receipt.lines for number, draft in made if number in usual}
    known = partners.products(at.partner.id, {one.sku for of in lines.values() for one in of if one.sku})
    return {
        number: {one.no: _rate(known.get(one.sku or "", partners.NO_PRODUCT), usual[number]) for one in of}
        for number, of in lines.items()
    }


def _rate(product: partners.Product, usual: int) -> int:
    return usual if product.vat_bp is None else product.vat_bp
