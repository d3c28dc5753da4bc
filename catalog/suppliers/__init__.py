"""Suppliers, their feeds, and the offers that a good file makes. What they sell for is the rewards room's affair."""

from catalog.suppliers.directory import (
    Feed,
    Guards,
    Supplier,
    access,
    by_code,
    create,
    create_feed,
    feed,
    feeds_to_fetch,
    get,
    get_feed,
    list_suppliers,
    map_categories,
    of_partner,
)
from catalog.suppliers.guarding import Verdict
from catalog.suppliers.importing import apply, check, chunks, stage
from catalog.suppliers.runs import FeedRun, RowIssue, archive, close, dated, issues, open_run, request_run, run, start
from catalog.suppliers.tending import Standing, change, standings
from catalog.suppliers.yml import FeedRefused, RawOffer, YmlFile

__all__ = [
    "Feed",
    "FeedRefused",
    "FeedRun",
    "Guards",
    "RawOffer",
    "RowIssue",
    "Standing",
    "Supplier",
    "Verdict",
    "YmlFile",
    "access",
    "apply",
    "archive",
    "by_code",
    "change",
    "check",
    "chunks",
    "close",
    "create",
    "create_feed",
    "dated",
    "feed",
    "feeds_to_fetch",
    "get",
    "get_feed",
    "issues",
    "list_suppliers",
    "map_categories",
    "of_partner",
    "open_run",
    "request_run",
    "run",
    "stage",
    "standings",
    "start",
]
