"""The VAT that prices contain, where a program's members earn on prices without it: base rules go by the same rates as
promotions, and by the same products, which are read once for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coalition.promotions import engine, granting
from coalition.purchases.counter import Counter
from coalition.purchases.recording.promoting import ruleset_of
from coalition.purchases.recording.storing import Draft

Made = tuple[int, Draft]
Rates = Mapping[int, int]  # by the number of a line, in hundredths of a percent


def vat_rates(at: Counter, made: Sequence[Made], products: granting.Products) -> Mapping[int, Rates]:
    """By purchase, the VAT rates of its lines; none of a purchase on which its member earns on prices with VAT.

    `products` keeps what is read of the partner's assortment.
    """
    usual = dict[int, int]()
    for number, draft in made:
        ruleset = ruleset_of(at, draft) if draft.member_id is not None and draft.earns else None
        rate = engine.usual_vat(ruleset.program) if ruleset is not None else None
        if rate is not None:
            usual[number] = rate
    if not usual:
        return {}
    lines = {number: draft.receipt.lines for number, draft in made if number in usual}
    known = granting.learn(at.partner.id, {one.sku for of in lines.values() for one in of if one.sku}, products)
    return {
        number: {one.no: engine.vat_of(known[one.sku].vat_bp if one.sku else None, usual[number]) for one in of}
        for number, of in lines.items()
    }
