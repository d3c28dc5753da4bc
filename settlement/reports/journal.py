"""The journal: a period's documents and earned revenue as double entries in the operator's books, ready to import.

Every entry balances by itself: a document's gross against its lines and VAT, what is earned against what was deferred.
A principal books what redeemers and suppliers cost as a cost, an agent against its revenue. Amounts are net of VAT but
for receivables and payables; a negative amount stands on the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coalition import partners
from settlement.accruals import Period
from settlement.reports import billed, deferred, policies, rollforward, service
from settlement.reports.policies import Policy
from settlement.reports.selection import Selection
from settlement.reports.tables import Cell, Column, Report, Row, Table
from settlement.statements import Document, arithmetic

CODE = "journal"
_COSTS = {
    "redeemed": "redemption_cost",
    "supplied": "supply_cost",
    "taken_back": "supply_cost",
    "delivery": "delivery_cost",
}
_KNOWN = {
    "issue_funding": "deferred_points",
    "breakage": "deferred_points",
    "breakage_taxed": "breakage_revenue",
    "breakage_untaxed": "breakage_revenue",
    "redemption_funding": "redemption_funding",
    "service_fee": "service_revenue",
}
_OWED = {-1: "receivable", 1: "payable"}
# VAT of what entities sell to us is ours to deduct; that of what we sell, credit notes included, is ours to pay.
_VAT = dict.fromkeys((arithmetic.REDEEMER, arithmetic.REDEEMER_CREDIT, arithmetic.SUPPLIER), "input_vat")


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: + is a debit, - a credit, in minor units; `use` is what the account is for."""

    entry: str
    use: str
    amount_minor: int
    entity_id: int | None = None


def build(chosen: Selection) -> Report:
    """The journal of the chosen months."""
    policy = policies.current(chosen.program.id)
    periods = deferred.periods_through(chosen.program.id, chosen.until)
    entities = {entity.id: entity for entity in partners.entities(chosen.program.id)}
    rows: list[Row] = []
    for period, posted in postings(chosen, periods, policy):
        for one in posted:
            debit, credit = max(one.amount_minor, 0), max(-one.amount_minor, 0)
            name = entities[one.entity_id].name if one.entity_id else ""
            whose = f"{entities[one.entity_id].code}/" if one.entity_id else ""
            what = (period.ends_on, f"{period.code}/{whose}{one.entry}", policy.accounts[one.use], one.use, name)
            rows.append((*what, debit, credit, chosen.program.currency))
    facts: dict[str, Cell] = {"role": policy.role, "service": policy.service}
    return Report(CODE, (_lines(chosen, rows), _balances(chosen, rows)), facts)


def postings(chosen: Selection, periods: Sequence[Period], policy: Policy) -> Iterator[tuple[Period, list[Posting]]]:
    """The postings of each chosen period, zero ones left out."""
    found = [(one, billed.documents(one)) for one in periods]
    steps = _steps(chosen, periods)
    fees = [(one.starts_on, billed.sum_of(documents, "service_fee")) for one, documents in found]
    fee_steps = service.roll(fees, policy)
    for at, (period, documents) in enumerate(found):
        if period.starts_on < chosen.since:
            continue
        posted = [posting for document in documents for posting in _document(document, policy)]
        posted += _earned(steps[at]) if steps else []
        posted += _fee(fee_steps[at], policy)
        yield period, [one for one in posted if one.amount_minor]


def _steps(chosen: Selection, periods: Sequence[Period]) -> list[rollforward.Step]:
    """What all pools of all currencies came to, period by period."""
    pools = [pool for one in deferred.currencies(chosen) for pool in deferred.rolled(one, periods)]
    return [rollforward.total([pool.steps[at] for pool in pools]) for at in range(len(periods))]


def _document(document: Document, policy: Policy) -> list[Posting]:
    """A document's lines against what is owed: by its sign the entity owes us (-), or is owed (+)."""
    rate = (document.vat_rate * 100).normalize()
    entry, entity, side = f"{document.kind}/{rate:f}", document.entity_id, document.sign
    found = [Posting(entry, _OWED[side], -side * document.gross_minor, entity)]
    found += [Posting(entry, _use(line.code, policy), side * line.net_minor, entity) for line in document.lines]
    return [*found, Posting(entry, _VAT.get(document.kind, "output_vat"), side * document.vat_minor, entity)]


def _use(code: str, policy: Policy) -> str:
    """Which account a charge goes to."""
    if code == "service_fee" and policy.service == "over_life":
        return "deferred_service"
    if code in _COSTS and policy.role == "agent":
        return "redemption_revenue"
    return _KNOWN.get(code) or _COSTS.get(code, "other")


def _earned(step: rollforward.Step) -> list[Posting]:
    parts = {"redemption_revenue": step.redeemed, "breakage_revenue": step.breakage, "estimate_revenue": step.estimate}
    return [Posting("revenue", "deferred_points", step.earned), *(Posting("revenue", *one) for one in _credits(parts))]


def _credits(parts: dict[str, int]) -> list[tuple[str, int]]:
    return [(use, -amount) for use, amount in parts.items()]


def _fee(step: tuple[int, int, int, int], policy: Policy) -> list[Posting]:
    if policy.service != "over_life":
        return []
    earned = step[2]
    return [Posting("service", "deferred_service", earned), Posting("service", "service_revenue", -earned)]


def _lines(chosen: Selection, rows: Sequence[Row]) -> Table:
    money = chosen.program.currency_decimals
    head = (Column("date", "date"), Column("entry"), Column("account"), Column("use", "code"), Column("company"))
    amounts = (Column("debit", "money", money, total=True), Column("credit", "money", money, total=True))
    return Table("journal", (*head, *amounts, Column("currency")), rows)


def _balances(chosen: Selection, rows: Sequence[Row]) -> Table:
    """What the journal does to each account."""
    sums: dict[tuple[Cell, Cell], list[int]] = {}
    for row in rows:
        both = sums.setdefault((row[2], row[3]), [0, 0])
        both[0] += int(str(row[5]))
        both[1] += int(str(row[6]))
    money = chosen.program.currency_decimals
    amounts = tuple(Column(code, "money", money, total=True) for code in ("debit", "credit", "balance"))
    columns = (Column("account"), Column("use", "code"), *amounts)
    found: list[Row] = [
        (account, use, debit, credit, debit - credit)
        for (account, use), (debit, credit) in sorted(sums.items(), key=lambda one: str(one[0]))
    ]
    return Table("balances", columns, found)
