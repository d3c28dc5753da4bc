"""Who plays in the simulator and what they sell: suppliers, carriers, products, and the shelves they belong to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PRODUCTS = Path(__file__).with_name("products.tsv")


@dataclass(frozen=True, slots=True)
class Seller:
    """A supplier: its code and name, whether it sends parcels or e-mails, and the carrier it uses."""

    code: str
    name: str
    kind: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category of the program's catalog that suits these products."""

    code: str
    name_en: str
    name_ru: str
    icon: str
    artwork: str
    kind: str = "goods"


@dataclass(frozen=True, slots=True)
class Product:
    """One product as its supplier knows it; `price` in euro as text, `weight_kg` empty for what is sent by e-mail."""

    supplier: str
    sku: str
    category: str
    title_en: str
    title_ru: str
    description_en: str
    description_ru: str
    price: str
    weight_kg: str
    artwork: str
    stock: str
    days: str
    brand: str

    @property
    def electronic(self) -> bool:
        """Whether it is sent by e-mail."""
        return not self.weight_kg


SELLERS = (
    Seller("techport", "TechPort", "goods", "balticpost"),
    Seller("homeline", "HomeLine", "goods", "balticpost"),
    Seller("outthere", "OutThere", "goods", "parcelbee"),
    Seller("skydesk", "SkyDesk", "electronic", "email"),
    Seller("afisha", "Afisha", "electronic", "email"),
    Seller("readmore", "ReadMore", "goods", "parcelbee"),
    Seller("greenfund", "GreenFund", "electronic", "email"),
)
CARRIERS = {"balticpost": "BalticPost", "parcelbee": "ParcelBee"}
SHELVES = (
    Shelf("electronics", "Electronics", "Электроника", "headphones", "headphones"),
    Shelf("home", "Home & kitchen", "Дом и кухня", "house-heart", "kettle"),
    Shelf("travel", "Travel", "Путешествия", "airplane", "flight"),
    Shelf("events", "Events", "События", "ticket-perforated", "ticket"),
    Shelf("gift-cards", "Gift cards", "Подарочные карты", "gift", "giftcard", "gift_card"),
    Shelf("charity", "Charity", "Благотворительность", "heart", "heart", "donation"),
    Shelf("books", "Books & games", "Книги и игры", "book", "book"),
    Shelf("sport", "Sport", "Спорт", "bicycle", "ball"),
    Shelf("plants", "Plants", "Растения", "flower1", "plant"),
)
_SHELF_OF = {
    "Electronics": "electronics",
    "Home": "home",
    "Plants": "plants",
    "Travel": "travel",
    "Sport": "sport",
    "Events": "events",
    "Books": "books",
    "Gift cards": "gift-cards",
    "Charity": "charity",
}


@cache
def products() -> tuple[Product, ...]:
    """Every product of every supplier, in the file's order."""
    with _PRODUCTS.open(encoding="utf-8", newline="") as file:
        return tuple(Product(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def products_of(supplier: str) -> dict[str, Product]:
    """A supplier's products by article."""
    return {product.sku: product for product in products() if product.supplier == supplier}


def seller(code: str) -> Seller | None:
    """The supplier with this code, if it plays here."""
    return next((one for one in SELLERS if one.code == code), None)


def category_targets(supplier: str) -> dict[str, str]:
    """How a supplier's category paths map to the shelves' codes."""
    paths = {product.category for product in products() if product.supplier == supplier}
    return {path: _SHELF_OF[path.partition("/")[0]] for path in sorted(paths)}
