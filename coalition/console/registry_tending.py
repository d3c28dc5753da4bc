"""Files of purchases, said once: a partner sends and follows its own in its portal, staff those of all in the console.

The file goes to the store before any transaction opens; a job does the rest, and the page shows how far it is. A file
that was only tried is recorded by one press, without being sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from flask import get_template_attribute, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import FileStorage

from coalition import programs, purchases
from coalition.console import forms
from coalition.console.frame import currency_name, partner_names
from coalition.kernel import ids, jobs, ports
from coalition.kernel.web.exporting import Field
from coalition.kernel.web.pages import language
from coalition.ports import FileStore, StoredFile

PAGE = 50
REFRESH_S = 4
BODY_MAX = 1 << 30
STATES = ("waiting", "running", "finished", "failed")
COUNTS = (
    Field(_("State"), "state"),
    Field(_("only tried"), "dry_run"),
    Field(_("Lines"), "lines", "integer", total=True),
    Field(_("Accepted"), "accepted", "integer", total=True),
    Field(_("Known already"), "replayed", "integer", total=True),
    Field(_("Wait"), "suspended", "integer", total=True),
    Field(_("Rejected"), "rejected", "integer", total=True),
)
REJECTED = (
    Field(_("Line"), "line", "integer"),
    Field(_("Field"), "field"),
    Field(_("What is wrong"), "words"),
    Field(_("Code"), "code"),
    Field(_("In the words of the API"), "detail"),
)
_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_TOLD = (
    *("state", "over", "size_bytes", "position", "lines", "accepted", "replayed", "rejected", "suspended"),
    *("dry_run", "points_issued", "error", "created_at", "started_at", "finished_at"),
)


@dataclass(frozen=True, slots=True)
class Tending:
    """Where files are tended, and whether by somebody who may send some.

    `address(deed, **where)` leads to the list (`list`), the form (`new`), a file's `page`, and to the recording of one
    that was tried (`record`). `named`: files of many partners stand here, each with its partner's name.
    """

    may_send: bool
    named: bool
    address: Callable[..., str]


def page_of(program_id: int, partner_id: int | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the files, the latest first, by the state in the address; of one partner, where it is named."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    page = purchases.list_registries(program_id, cursor, limit, state=state, partner_id=partner_id)
    return {
        "state": state,
        "registries": told(program_id, page.items),
        "next_cursor": page.next_cursor,
        "refresh_s": REFRESH_S if any(not one.over for one in page.items) and cursor is None else 0,
    }


def one(found: purchases.Registry, cursor: str | None, limit: int) -> dict[str, Any]:
    """A file: how far it is, what it brought, and a page of the lines that were rejected."""
    page = purchases.rejections(found.id, cursor, limit)
    recording = purchases.recording_of(found) if found.dry_run else None
    return {
        "registry": told(found.program_id, [found])[0],
        "issued": _issued(found),
        "recording": ids.public("reg", recording.id) if recording else None,
        "rejections": [_rejected(rejection) for rejection in page.items],
        "next_cursor": page.next_cursor,
        "refresh_s": 0 if found.over else REFRESH_S,
    }


def told(program_id: int, found: Sequence[purchases.Registry]) -> list[dict[str, Any]]:
    """Files as templates want them."""
    names = partner_names(program_id)
    return [
        {name: getattr(at, name) for name in _TOLD}
        | {"id": ids.public("reg", at.id), "partner": names.get(at.partner_id)}
        for at in found
    ]


def layout_words(layout: purchases.ColumnMapping, partner: str = "") -> str:
    """A saved layout as one chooses it, with its partner's name where many partners' are offered."""
    version = gettext("version %(version)s", version=layout.version)
    return f"{partner}: {layout.name} ({version})" if partner else f"{layout.name} ({version})"


def missing(given: FileStorage | None) -> forms.Errors:
    """What is wrong with a form without a file."""
    return [] if given is not None and given.filename else [forms.error("file", "choose_file")]


def kept(given: FileStorage, *, mapped: bool) -> StoredFile | forms.Errors:
    """The file in the store; or what is wrong with it, and nothing is kept. To be called outside of a transaction."""
    store = ports.get(FileStore)
    stored = store.put(f"registries/{uuid.uuid4().hex}", given.stream)  # type: ignore[arg-type]
    errors = [] if stored.size else [forms.error("file", "empty_file")]
    if stored.size and not mapped and str(given.filename).lower().endswith(_TABLES):
        with store.open(stored.key) as file:
            errors = [] if purchases.has_own_titles(file) else [forms.error("mapping", "layout_needed")]
    if errors:
        store.delete(stored.key)
    return errors or stored


def opened(program_id: int, partner_id: int, stored: StoredFile, mapping_id: int | None, *, dry_run: bool) -> str:
    """The number of a new registry of a file, which a job will read. Raises Conflict `partner_suspended`."""
    made = purchases.open_registry(program_id, partner_id, stored, mapping_id=mapping_id, dry_run=dry_run)
    return _read_by_a_job(made)


def recorded(tried: purchases.Registry) -> str:
    """The number of the registry that records what was only tried, once. Raises Conflict as `record_tried` does."""
    made, new = purchases.record_tried(tried)
    return _read_by_a_job(made) if new else ids.public("reg", made.id)


def _read_by_a_job(made: purchases.Registry) -> str:
    jobs.enqueue("purchases.registry", {"registry": made.id}, key=str(made.id))
    return ids.public("reg", made.id)


def _issued(of: purchases.Registry) -> list[dict[str, Any]]:
    """What its lines brought, currency by currency; nothing of the main one where they brought nothing."""
    known = {one.code: one for one in programs.currencies(of.program_id)}
    units = of.issued or {programs.main_currency(of.program_id).code: 0}
    return [
        {"units": many, "decimals": known[code].decimals, "name": currency_name(known[code])}
        for code, many in units.items()
    ]


def _rejected(at: purchases.Rejection) -> dict[str, Any]:
    """A line that was not recorded; `words` are the viewer's own, the API's where there are none."""
    words = _words(at.code, language()) or at.detail
    return {"line": at.line, "field": at.field, "code": at.code, "detail": at.detail, "words": words}


@cache
def _words(code: str, spoken: str) -> str:
    """What a code says in a language that the API does not speak; nothing for English, whose details say more."""
    if spoken == "en":
        return ""
    found = get_template_attribute("macros/refusals.html", "refusal_words")(code)
    words = str(cast(Any, found).unescape()).strip()
    return words[:1].upper() + words[1:]
