"""Suppliers, their feeds, and the offers that a good file makes. What they sell for is the rewards room's affair."""

from catalog.suppliers.calling import Call, calls, prune_calls, record_call
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
from catalog.suppliers.gating import Health, admit, done, health
from catalog.suppliers.guarding import Verdict
from catalog.suppliers.importing import apply, check, chunks, stage
from catalog.suppliers.runs import FeedRun, RowIssue, archive, close, dated, issues, open_run, request_run, run, start
from catalog.suppliers.tending import Standing, change, standings
from catalog.suppliers.yml import FeedRefused, RawOffer, YmlFile

__all__ = [
    "Call",
    "Feed",
    "FeedRefused",
    "FeedRun",
    "Guards",
    "Health",
    "RawOffer",
    "RowIssue",
    "Standing",
    "Supplier",
    "Verdict",
    "YmlFile",
    "access",
    "admit",
    "apply",
    "archive",
    "by_code",
    "calls",
    "change",
    "check",
    "chunks",
    "close",
    "create",
    "create_feed",
    "dated",
    "done",
    "feed",
    "feeds_to_fetch",
    "get",
    "get_feed",
    "health",
    "issues",
    "list_suppliers",
    "map_categories",
    "of_partner",
    "open_run",
    "prune_calls",
    "record_call",
    "request_run",
    "run",
    "stage",
    "standings",
    "start",
]
