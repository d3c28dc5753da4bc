"""A program's policy of money beside points: which share of a price points must and may pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal

from catalog.pricing.splitting import limits
from catalog.pricing.types import CashTerms
from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError, Invalid

TENDERS = ("any", "points", "cash")


@dataclass(frozen=True, slots=True)
class CashPolicy:
    """Points pay from `points_min_bp` to `points_max_bp` ten-thousandths of a price, in multiples of `points_step`.

    The rest is paid in `currency` (the program's money), never less than `cash_min_minor`. `delivery_tender` is what
    pays delivery.
    """

    currency: str
    points_min_bp: int = 0
    points_max_bp: int = 10_000
    cash_min_minor: int = 100
    points_step: int = 1
    delivery_tender: str = "any"


def set_cash_policy(program_id: int, policy: CashPolicy | None) -> None:
    """Let money pay a part of what is quoted from now on, or (None) points alone. Raises Invalid."""
    if policy is None:
        execute("DELETE FROM cash_policy WHERE program_id = :program_id", {"program_id": program_id})
    else:
        _check(program_id, policy)
        execute(
            "INSERT INTO cash_policy (program_id, currency, points_min_bp, points_max_bp, cash_min_minor, points_step,"
            " delivery_tender) VALUES (:program_id, :currency, :points_min_bp, :points_max_bp, :cash_min_minor,"
            " :points_step, :delivery_tender) ON CONFLICT (program_id) DO UPDATE SET currency = excluded.currency,"
            " points_min_bp = excluded.points_min_bp, points_max_bp = excluded.points_max_bp,"
            " cash_min_minor = excluded.cash_min_minor, points_step = excluded.points_step,"
            " delivery_tender = excluded.delivery_tender",
            {"program_id": program_id, **asdict(policy)},
        )
    audit.record("cash_policy.set", f"program:{program_id}", policy=asdict(policy) if policy else None)


def cash_policy(program_id: int) -> CashPolicy | None:
    """The policy in force; None where points alone pay."""
    row = fetch_one(
        "SELECT currency, points_min_bp, points_max_bp, cash_min_minor, points_step, delivery_tender FROM cash_policy"
        " WHERE program_id = :program_id",
        {"program_id": program_id},
    )
    return CashPolicy(*row) if row else None


def cash_terms(program_id: int, goods: int, delivery: int) -> tuple[CashTerms | None, tuple[int, int]]:
    """What of the policy a price freezes, and the least and most points that may pay it."""
    policy = cash_policy(program_id)
    if policy is None:
        return None, (goods + delivery, goods + delivery)
    terms, shares = _frozen(policy), (policy.points_min_bp, policy.points_max_bp)
    return terms, limits(terms, shares, goods, delivery, _face(program_id))


def cash_option(program_id: int) -> Callable[[int], bool]:
    """Whether a part of a price of so many points could be paid in money, for as many prices as are asked."""
    policy = cash_policy(program_id)
    if policy is None:
        return lambda points: False
    terms, shares, face = _frozen(policy), (policy.points_min_bp, policy.points_max_bp), _face(program_id)
    return lambda points: limits(terms, shares, points, 0, face)[0] < points


def _frozen(policy: CashPolicy) -> CashTerms:
    return CashTerms(policy.currency, policy.points_step, policy.cash_min_minor, policy.delivery_tender)


def _face(program_id: int) -> Decimal:
    return programs.main_currency(program_id).face_minor


def _check(program_id: int, policy: CashPolicy) -> None:
    problems = {
        "/currency": policy.currency != programs.get(program_id).currency,
        "/points_min_bp": not 0 <= policy.points_min_bp <= policy.points_max_bp,
        "/points_max_bp": policy.points_max_bp > 10_000,
        "/cash_min_minor": policy.cash_min_minor < 0,
        "/points_step": policy.points_step < 1,
        "/delivery_tender": policy.delivery_tender not in TENDERS,
    }
    if wrong := [FieldError(pointer, "invalid", "This does not fit.") for pointer, bad in problems.items() if bad]:
        raise Invalid("invalid", "This cannot be a policy.", wrong)
