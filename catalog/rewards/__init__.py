"""The shop window: categories, rewards with their price in points, search, and stock that cannot be sold twice."""

from catalog.rewards.incidents import StockIncident, close_shortfalls, reconcile_stock, stock_incidents
from catalog.rewards.reserving import commit, release, reserve
from catalog.rewards.searching import SORTS, Reward, RewardQuery, count, get, search
from catalog.rewards.shelving import ARTWORKS, Category, categories, create_category, publish
from catalog.rewards.stocking import StockApplied, apply_feed_stock, apply_stock, laws

__all__ = [
    "ARTWORKS",
    "SORTS",
    "Category",
    "Reward",
    "RewardQuery",
    "StockApplied",
    "StockIncident",
    "apply_feed_stock",
    "apply_stock",
    "categories",
    "close_shortfalls",
    "commit",
    "count",
    "create_category",
    "get",
    "laws",
    "publish",
    "reconcile_stock",
    "release",
    "reserve",
    "search",
    "stock_incidents",
]
