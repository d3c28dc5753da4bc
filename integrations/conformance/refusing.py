"""Refusals: bad requests are refused with a stable code, a pointer and a page, and change nothing."""

from __future__ import annotations

from integrations.conformance.partner import Answer
from integrations.conformance.report import Report
from integrations.conformance.till import Till

_MEMBERS = {"type", "title", "status", "detail", "code", "errors", "request_id", "retryable"}


def run(till: Till, report: Report) -> None:
    """Send what is wrong, one thing at a time."""
    before, partner = till.purse(), till.partner
    unknown = till.buy({**till.receipt(), "discount_for_friends": 1})
    report.expect("a field that nobody knows is refused and pointed at", _points_at(unknown, "friends"), unknown.body)
    report.expect("every refusal is a problem with a code", _is_problem(unknown), unknown.text)
    negative = till.receipt()
    negative["lines"][0]["qty_m"] = "two"
    wrong = till.buy(negative)
    report.expect("a wrong line is pointed at", _points_at(wrong, "/lines/0/qty_m"), wrong.body)
    broken = partner.ask("POST", "/purchases", content=b'{"a": 1', headers={"Content-Type": "application/json"})
    report.expect("what is no JSON is refused with 400", broken.status == 400 and _is_problem(broken), broken)
    stranger = partner.get("/purchases/pur_0000000000001zzz")
    report.expect("what is not there, or is another's, is 404", stranger.status == 404, stranger)
    nobody = partner.ask("GET", "/purchases", query={"external_id": "1"}, headers={"Authorization": "Bearer wrong"})
    known = "WWW-Authenticate" in nobody.headers
    report.expect("a wrong token is 401", nobody.status == 401 and known, nobody)
    named = partner.post("/purchases", {}, X_Request_Id=f"kit-{partner.run}")
    echoed = named.headers.get("X-Request-Id") == named.body.get("request_id") == f"kit-{partner.run}"
    report.expect("the request's id comes back", echoed, dict(named.headers))
    page = partner.http.get(str(unknown.body.get("type", "/missing")))
    report.expect("the type of a problem is a page", page.status_code == 200, page.status_code)
    report.expect("a refusal changes nothing", till.purse() == before, till.purse())


def _points_at(answer: Answer, where: str) -> bool:
    pointers = [error.get("pointer", "") for error in answer.body.get("errors", [])]
    return answer.status == 422 and any(where in pointer for pointer in pointers)


def _is_problem(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    return kind == "application/problem+json" and answer.body.keys() >= _MEMBERS
