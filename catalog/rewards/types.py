"""What somebody looks for, and a reward as it is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

# name: (what the list is sorted by, whether from the greatest down); the reward's id breaks ties the same way
SORTS: Mapping[str, tuple[str, bool]] = {
    "popular": ("rank", True),
    "price": ("points", False),
    "-price": ("points", True),
    "new": ("id", True),
}


@dataclass(frozen=True, slots=True)
class RewardQuery:
    """What somebody looks for. `category` includes what is below it; `max_points` is what the looker can afford;
    `electronic` None is either, `supplier_ids` None is anybody's, `only` None is every reward. `popular` with words
    puts what fits them best first.
    """

    q: str = ""
    category: str = ""
    supplier: str = ""
    brand: str = ""
    kind: str = ""
    supplier_ids: tuple[int, ...] | None = None
    only: tuple[int, ...] | None = None
    min_points: int | None = None
    max_points: int | None = None
    electronic: bool | None = None
    in_stock: bool = False
    sort: str = "popular"


@dataclass(frozen=True, slots=True)
class Reward:
    """Something that points can buy. `available` None is without limit; `cost_minor` is what the supplier is owed.

    `shared`: other offers of the program may have the same product card. `picture` is the hash of its picture in our
    store, None as long as none has come, with the size in pixels of its largest form.
    """

    id: int
    program_id: int
    offer_id: int
    product_id: int | None
    shared: bool
    supplier_id: int
    supplier_code: str
    supplier_name: str
    legal_entity_id: int
    supplier_sku: str
    category_id: int
    category_code: str
    kind: str
    electronic: bool
    delivery_days: int | None
    title_en: str
    title_ru: str
    description_en: str
    description_ru: str
    points: int
    currency_id: int
    artwork: str
    rank: int
    state: str
    cost_minor: int
    cost_currency: str
    weight_g: int | None
    brand: str | None
    picture: str | None
    picture_width: int | None
    picture_height: int | None
    available: int | None
    stock_at: dt.datetime | None

    @property
    def in_stock(self) -> bool:
        """Whether at least one piece can be reserved now."""
        return self.available is None or self.available > 0

    def title(self, language: str) -> str:
        """The title in `en` or `ru`."""
        return self.title_ru if language == "ru" else self.title_en

    def description(self, language: str) -> str:
        """The description in `en` or `ru`."""
        return self.description_ru if language == "ru" else self.description_en
