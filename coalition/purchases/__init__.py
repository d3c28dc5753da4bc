"""Purchases: receipts recorded batch first, with what they earn and why; registries are files full of them."""

from coalition.purchases.banking import REVERSAL, TRANSACTION, read_transaction
from coalition.purchases.browsing import (
    Purchase,
    by_receipt,
    list_registries,
    of_members,
    registry_states,
    whole,
)
from coalition.purchases.counter import Counter, counter
from coalition.purchases.draining import drain, sweep_suspense
from coalition.purchases.earning import event_reasons, record_events, tell_event
from coalition.purchases.events import Event, RecordedEvent, read_event
from coalition.purchases.explaining import (
    Explained,
    ExplainedAward,
    ExplainedReturn,
    ExplainedTender,
    Funder,
    explain,
    say_clawed,
)
from coalition.purchases.finding import Told, find, tell
from coalition.purchases.keeping import find_return
from coalition.purchases.kinds import Entry, interpret, read_event_or_transaction
from coalition.purchases.laws import laws
from coalition.purchases.mappings import (
    ColumnMapping,
    mapping,
    mapping_by_name,
    mappings,
    read_mapping,
    save_mapping,
)
from coalition.purchases.reading import CHANNELS, ON_UNKNOWN, read
from coalition.purchases.reading_returns import read_return
from coalition.purchases.receipts import GrantedAward, Line, Receipt, Recorded, Refused
from coalition.purchases.recording import record
from coalition.purchases.registries import Registry, Rejection, close, open_registry, registry, rejections
from coalition.purchases.returning import record_returns
from coalition.purchases.returns import RETURN, VOID, Clawed, GivenLine, Restored, Return, Returned, ReturnedLine
from coalition.purchases.sources import (
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
from coalition.purchases.storing import Via
from coalition.purchases.streaming import Chunk, Unreadable, chunks
from coalition.purchases.suspending import Suspended, accept
from coalition.purchases.suspense import (
    Suspense,
    dismiss_suspended,
    one_suspended,
    retry_suspended,
    suspended,
    waiting_count,
)
from coalition.purchases.takeovers import TakenOver, Takeover
from coalition.purchases.taking import Layout, Reading, layout, read_lines, readings, take
from coalition.purchases.tracing import Why, whys

__all__ = [
    "CHANNELS",
    "ON_UNKNOWN",
    "RETURN",
    "REVERSAL",
    "SOURCE_KINDS",
    "TRANSACTION",
    "VOID",
    "Brought",
    "Chunk",
    "Clawed",
    "ColumnMapping",
    "Counter",
    "Entry",
    "Event",
    "Explained",
    "ExplainedAward",
    "ExplainedReturn",
    "ExplainedTender",
    "Funder",
    "GivenLine",
    "GrantedAward",
    "Layout",
    "Line",
    "Purchase",
    "Reading",
    "Receipt",
    "Recorded",
    "RecordedEvent",
    "Refused",
    "Registry",
    "Rejection",
    "Restored",
    "Return",
    "Returned",
    "ReturnedLine",
    "Source",
    "Suspended",
    "Suspense",
    "TakenOver",
    "Takeover",
    "Told",
    "Unreadable",
    "Via",
    "Why",
    "accept",
    "brought",
    "by_receipt",
    "chunks",
    "claim_source",
    "close",
    "counter",
    "define_source",
    "dismiss_suspended",
    "drain",
    "event_reasons",
    "explain",
    "fetch_now",
    "find",
    "find_return",
    "interpret",
    "laws",
    "layout",
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
    "pause_source",
    "read",
    "read_event",
    "read_event_or_transaction",
    "read_lines",
    "read_mapping",
    "read_return",
    "read_transaction",
    "readings",
    "record",
    "record_events",
    "record_returns",
    "registry",
    "registry_states",
    "rejections",
    "retry_suspended",
    "save_mapping",
    "say_clawed",
    "source",
    "source_by_code",
    "sources",
    "suspended",
    "sweep_suspense",
    "take",
    "take_file",
    "tell",
    "tell_event",
    "waiting_count",
    "whole",
    "whys",
]
