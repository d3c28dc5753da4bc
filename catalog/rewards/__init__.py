"""The shop window: categories, rewards with their price in points, search, and stock that cannot be sold twice."""

from catalog.rewards.reserving import commit, release, reserve, split
from catalog.rewards.searching import SORTS, Reward, RewardQuery, count, get, many, search
from catalog.rewards.shelving import ARTWORKS, Category, categories, create_category, publish
from catalog.rewards.stocking import StockApplied, apply_feed_stock, apply_stock, laws

__all__ = [
    "ARTWORKS",
    "SORTS",
    "Category",
    "Reward",
    "RewardQuery",
    "StockApplied",
    "apply_feed_stock",
    "apply_stock",
    "categories",
    "commit",
    "count",
    "create_category",
    "get",
    "laws",
    "many",
    "publish",
    "release",
    "reserve",
    "search",
    "split",
]
