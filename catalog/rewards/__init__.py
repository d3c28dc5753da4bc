"""The shop window: categories, product cards, rewards with their price in points, search, and stock that cannot be sold
twice."""

from catalog.rewards.assorting import Assorted, assort, assortment, share_supplier, shares, unshare_supplier
from catalog.rewards.categories import (
    ARTWORKS,
    Category,
    all_categories,
    categories,
    category,
    change_category,
    create_category,
    move_category,
)
from catalog.rewards.counting import Counted, counted
from catalog.rewards.drawing import MAX_BYTES, WIDTHS, Drawn, PictureRefused, draw, form_near
from catalog.rewards.editing import Card, card, cards, edit_card, merge_cards, split_card, unpin_card
from catalog.rewards.faceting import BANDS, Facets, FacetValue, band_end, facets, recent_facets
from catalog.rewards.found import found_points, points_of, shelve
from catalog.rewards.incidents import StockIncident, close_shortfalls, reconcile_stock, stock_incidents
from catalog.rewards.issuing import issued_codes, take_codes
from catalog.rewards.kinds import KINDS, Kind, kind_of
from catalog.rewards.laws import laws
from catalog.rewards.listing import Listed, Listing, listed, put_up, units_of
from catalog.rewards.picturing import (
    ShownPicture,
    WantedPicture,
    claim_pictures,
    gallery,
    picture_came,
    picture_failed,
    picture_key,
)
from catalog.rewards.pooling import (
    CodePool,
    Uploaded,
    code_pools,
    expire_codes,
    offer_named,
    open_pool,
    pooled,
    upload_codes,
    withdraw_codes,
)
from catalog.rewards.reserving import commit, release, reserve, split
from catalog.rewards.searching import by_ids, count, get, many, matching, offers_of, search
from catalog.rewards.shelving import publish, republish
from catalog.rewards.stocking import StockApplied, apply_feed_stock, apply_stock
from catalog.rewards.suggesting import Suggestion, Unmapped, approve_mapping, unmapped_categories
from catalog.rewards.types import SORTS, Reward, RewardQuery
from catalog.rewards.wording import index, read_as

__all__ = [
    "ARTWORKS",
    "BANDS",
    "KINDS",
    "MAX_BYTES",
    "SORTS",
    "WIDTHS",
    "Assorted",
    "Card",
    "Category",
    "CodePool",
    "Counted",
    "Drawn",
    "FacetValue",
    "Facets",
    "Kind",
    "Listed",
    "Listing",
    "PictureRefused",
    "Reward",
    "RewardQuery",
    "ShownPicture",
    "StockApplied",
    "StockIncident",
    "Suggestion",
    "Unmapped",
    "Uploaded",
    "WantedPicture",
    "all_categories",
    "apply_feed_stock",
    "apply_stock",
    "approve_mapping",
    "assort",
    "assortment",
    "band_end",
    "by_ids",
    "card",
    "cards",
    "categories",
    "category",
    "change_category",
    "claim_pictures",
    "close_shortfalls",
    "code_pools",
    "commit",
    "count",
    "counted",
    "create_category",
    "draw",
    "edit_card",
    "expire_codes",
    "facets",
    "form_near",
    "found_points",
    "gallery",
    "get",
    "index",
    "issued_codes",
    "kind_of",
    "laws",
    "listed",
    "many",
    "matching",
    "merge_cards",
    "move_category",
    "offer_named",
    "offers_of",
    "open_pool",
    "picture_came",
    "picture_failed",
    "picture_key",
    "points_of",
    "pooled",
    "publish",
    "put_up",
    "read_as",
    "recent_facets",
    "reconcile_stock",
    "release",
    "republish",
    "reserve",
    "search",
    "share_supplier",
    "shares",
    "shelve",
    "split",
    "split_card",
    "stock_incidents",
    "take_codes",
    "units_of",
    "unmapped_categories",
    "unpin_card",
    "unshare_supplier",
    "upload_codes",
    "withdraw_codes",
]
