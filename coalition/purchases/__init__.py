"""Purchases: receipts recorded batch first, with what they earn and why; registries are files full of them."""

from coalition.purchases.browsing import (
    Purchase,
    by_receipt,
    list_registries,
    of_members,
    registry_states,
    whole,
)
from coalition.purchases.counter import Counter, counter
from coalition.purchases.events.banking import REVERSAL, TRANSACTION, read_transaction
from coalition.purchases.events.earning import record_events, tell_event
from coalition.purchases.events.event import Event, RecordedEvent, read_event
from coalition.purchases.events.following import Following, record_following
from coalition.purchases.events.occasions import celebrations, joining
from coalition.purchases.events.referring import completed as completed_referrals
from coalition.purchases.explaining.promoting import ExplainedPromotion
from coalition.purchases.explaining.purchase import (
    Explained,
    ExplainedAward,
    ExplainedReturn,
    ExplainedTender,
    Funder,
    explain,
    say_clawed,
)
from coalition.purchases.explaining.tracing import Why, whys
from coalition.purchases.finding import Told, find, tell
from coalition.purchases.laws import laws
from coalition.purchases.quoting.asking import Quote, quote
from coalition.purchases.reading.receipt import CHANNELS, ON_UNKNOWN, read
from coalition.purchases.reading.return_slip import read_return
from coalition.purchases.receipts import Discount, GrantedAward, Line, Receipt, Recorded, Refused
from coalition.purchases.recording.record import record
from coalition.purchases.recording.redeeming import limits_of_hold
from coalition.purchases.recording.storing import Via
from coalition.purchases.registries.cells import Row
from coalition.purchases.registries.kinds import Entry, interpret, read_event_or_transaction
from coalition.purchases.registries.mappings import (
    ColumnMapping,
    hold_mappings,
    mapping,
    mapping_by_name,
    mappings,
    read_mapping,
    save_mapping,
)
from coalition.purchases.registries.plain import has_own_titles, header_of, read_bodies
from coalition.purchases.registries.registry import (
    Registry,
    Rejection,
    close,
    open_registry,
    record_tried,
    recording_of,
    registry,
    rejections,
)
from coalition.purchases.registries.sheets import tabular
from coalition.purchases.registries.sources import (
    SOURCE_KINDS,
    Brought,
    Source,
    brought,
    claim_source,
    define_source,
    fetch_now,
    not_taken,
    note_run,
    open_file,
    pause_source,
    source,
    source_by_code,
    sources,
    take_file,
)
from coalition.purchases.registries.streaming import Chunk, Unreadable, chunks
from coalition.purchases.registries.tables import read_rows
from coalition.purchases.registries.takeovers import TakenOver, Takeover
from coalition.purchases.registries.taking import Layout, Reading, layout, readings, take
from coalition.purchases.registries.taking_over import record_takeovers
from coalition.purchases.replaying import Replayed, Span, count_of, replayed, settled_upto
from coalition.purchases.returning.clawing import Stretch, taken
from coalition.purchases.returning.keeping import find_return
from coalition.purchases.returning.record import record_returns
from coalition.purchases.returns import RETURN, VOID, Clawed, GivenLine, Restored, Return, Returned, ReturnedLine
from coalition.purchases.searching import Came, Sought, came, own, payments, search
from coalition.purchases.spending import given, spent
from coalition.purchases.summing import By, Refusals, Sum, Sums, refusals, sums
from coalition.purchases.suspense.draining import drain, sweep_suspense
from coalition.purchases.suspense.queue import (
    Suspense,
    dismiss_suspended,
    one_suspended,
    retry_suspended,
    suspended,
    waiting_count,
    waiting_ids,
)
from coalition.purchases.suspense.returning import WaitingReturn, give_back, waiting_returns
from coalition.purchases.suspense.suspending import Suspended, accept
from coalition.purchases.telling import (
    Part,
    PointsMoved,
    announce_capture,
    points_issued,
    points_issued_for_events,
    points_redeemed,
)

__all__ = [
    "CHANNELS",
    "ON_UNKNOWN",
    "RETURN",
    "REVERSAL",
    "SOURCE_KINDS",
    "TRANSACTION",
    "VOID",
    "Brought",
    "By",
    "Came",
    "Chunk",
    "Clawed",
    "ColumnMapping",
    "Counter",
    "Discount",
    "Entry",
    "Event",
    "Explained",
    "ExplainedAward",
    "ExplainedPromotion",
    "ExplainedReturn",
    "ExplainedTender",
    "Following",
    "Funder",
    "GivenLine",
    "GrantedAward",
    "Layout",
    "Line",
    "Part",
    "PointsMoved",
    "Purchase",
    "Quote",
    "Reading",
    "Receipt",
    "Recorded",
    "RecordedEvent",
    "Refusals",
    "Refused",
    "Registry",
    "Rejection",
    "Replayed",
    "Restored",
    "Return",
    "Returned",
    "ReturnedLine",
    "Row",
    "Sought",
    "Source",
    "Span",
    "Stretch",
    "Sum",
    "Sums",
    "Suspended",
    "Suspense",
    "TakenOver",
    "Takeover",
    "Told",
    "Unreadable",
    "Via",
    "WaitingReturn",
    "Why",
    "accept",
    "announce_capture",
    "brought",
    "by_receipt",
    "came",
    "celebrations",
    "chunks",
    "claim_source",
    "close",
    "completed_referrals",
    "count_of",
    "counter",
    "define_source",
    "dismiss_suspended",
    "drain",
    "explain",
    "fetch_now",
    "find",
    "find_return",
    "give_back",
    "given",
    "has_own_titles",
    "header_of",
    "hold_mappings",
    "interpret",
    "joining",
    "laws",
    "layout",
    "limits_of_hold",
    "list_registries",
    "mapping",
    "mapping_by_name",
    "mappings",
    "not_taken",
    "note_run",
    "of_members",
    "one_suspended",
    "open_file",
    "open_registry",
    "own",
    "pause_source",
    "payments",
    "points_issued",
    "points_issued_for_events",
    "points_redeemed",
    "quote",
    "read",
    "read_bodies",
    "read_event",
    "read_event_or_transaction",
    "read_mapping",
    "read_return",
    "read_rows",
    "read_transaction",
    "readings",
    "record",
    "record_events",
    "record_following",
    "record_returns",
    "record_takeovers",
    "record_tried",
    "recording_of",
    "refusals",
    "registry",
    "registry_states",
    "rejections",
    "replayed",
    "retry_suspended",
    "save_mapping",
    "say_clawed",
    "search",
    "settled_upto",
    "source",
    "source_by_code",
    "sources",
    "spent",
    "sums",
    "suspended",
    "sweep_suspense",
    "tabular",
    "take",
    "take_file",
    "taken",
    "tell",
    "tell_event",
    "waiting_count",
    "waiting_ids",
    "waiting_returns",
    "whole",
    "whys",
]
