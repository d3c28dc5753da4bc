"""A foreign loyalty program: it credits its members' accounts and takes credits back, once a reference, moodily."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply

PROGRAMS = {"northmiles": "NorthMiles"}
ANSWERS = ("timeout", "timeout_before", "error_after_accept", "reject", "pending", "unavailable", "slow")
_HANG_S = 60.0
_SLOW_S = 0.5
_ACCOUNT = re.compile(r"NM[0-9]{6,10}")


def act(book: Book, program: str, kind: str, wanted: Mapping[str, Any]) -> Reply:
    """Credit an account (`credits`) or undo a credit (`reversals`), or say again what was said about the reference."""
    with book.deed():
        known = _known(book, program, wanted["ref"])
        if known is not None:
            book.write("UPDATE credited SET requests = requests + 1 WHERE number = :n", n=known["number"])
            same = (known["kind"], known["account"], known["amount"], known["credit_ref"]) == _facts(kind, wanted)
            return _said(known) if same else Reply(409, {"code": "ref_conflict"})
        answer = _whim(book, program)
        if answer == "unavailable":
            return Reply(503, {"code": "unavailable"}, retry_after="1")
        if answer == "timeout_before":
            return Reply(500, {"code": "broken"}, after_s=_HANG_S)
        code = "refused" if answer == "reject" else _refusal(book, program, kind, wanted)
        _write(book, program, kind, wanted, "refused" if code else "pending" if answer == "pending" else "done", code)
        written = _known(book, program, wanted["ref"])
    assert written is not None
    if answer == "error_after_accept":
        return Reply(500, {"code": "broken"})
    said = _said(written)
    return Reply(said.status, said.facts, {"timeout": _HANG_S, "slow": _SLOW_S}.get(answer, 0.0))


def status(book: Book, program: str, ref: str) -> Reply:
    """What became of a reference; 404 if it was never seen. What was pending is done when it is asked about."""
    with book.deed():
        book.write("UPDATE credited SET state = 'done' WHERE ref = :r AND state = 'pending'", r=ref)
        known = _known(book, program, ref)
    return Reply(404, {"code": "not_found"}) if known is None else Reply(200, _told(known))


def entries(book: Book) -> list[dict[str, Any]]:
    """The program's own book: every credit and every reversal."""
    return book.rows("SELECT * FROM credited ORDER BY number")


def readable(kind: str, wanted: Any) -> bool:
    """Whether a request is one of ours."""
    if not isinstance(wanted, dict) or not isinstance(wanted.get("ref"), str):
        return False
    if kind == "reversals":
        return isinstance(wanted.get("credit_ref"), str)
    amount = wanted.get("amount")
    return isinstance(wanted.get("account"), str) and type(amount) is int and amount > 0


def _known(book: Book, program: str, ref: str) -> dict[str, Any] | None:
    return book.row("SELECT * FROM credited WHERE program = :p AND ref = :r", p=program, r=ref)


def _facts(kind: str, wanted: Mapping[str, Any]) -> tuple[Any, ...]:
    return (kind, wanted.get("account"), wanted.get("amount"), wanted.get("credit_ref"))


def _refusal(book: Book, program: str, kind: str, wanted: Mapping[str, Any]) -> str | None:
    if kind == "credits":
        return None if _ACCOUNT.fullmatch(wanted["account"]) else "unknown_account"
    credit = _known(book, program, wanted["credit_ref"])
    if credit is None or (credit["kind"], credit["state"]) != ("credits", "done"):
        return "unknown_credit"
    undone = "SELECT 1 FROM credited WHERE program = :p AND credit_ref = :r AND state <> 'refused'"
    return "already_reversed" if book.row(undone, p=program, r=wanted["credit_ref"]) else None


def _write(book: Book, program: str, kind: str, wanted: Mapping[str, Any], state: str, code: str | None) -> None:
    book.write(
        "INSERT INTO credited (program, ref, kind, account, amount, credit_ref, state, code)"
        " VALUES (:program, :ref, :kind, :account, :amount, :credit_ref, :state, :code)",
        program=program,
        ref=wanted["ref"],
        kind=kind,
        account=wanted.get("account"),
        amount=wanted.get("amount"),
        credit_ref=wanted.get("credit_ref"),
        state=state,
        code=code,
    )


def _said(known: Mapping[str, Any]) -> Reply:
    return Reply({"done": 201, "pending": 202, "refused": 422}[known["state"]], _told(known))


def _told(known: Mapping[str, Any]) -> dict[str, Any]:
    facts = {"state": known["state"], "reference": f"NM-{known['number']:06d}", "code": known["code"]}
    return {**facts, "poll_after_s": 1} if known["state"] == "pending" else facts


def _whim(book: Book, program: str) -> str:
    """How a test wants this request answered, if it wants anything."""
    found = book.row("SELECT * FROM whim WHERE times > 0 AND supplier = :p ORDER BY id LIMIT 1", p=program)
    if found is None:
        return ""
    book.write("UPDATE whim SET times = times - 1 WHERE id = :id", id=found["id"])
    return str(found["answer"])
