"""Whether a document can be a promotion of a program: what the engine takes, and what the program knows of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from coalition import partners, programs
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions import engine
from coalition.promotions.publishing import campaigns
from coalition.promotions.publishing.codes import code_problems
from coalition.promotions.publishing.documents import Document, canonical
from coalition.promotions.publishing.groups import groups_of

KNOWN = (
    "id", "version", "status", "campaign", "name", "events", "from", "to", "coupon", "priority", "group", "exclusive",
    "sponsor", "audience", "when", "effects", "rules", "rules_mode", "limits", "returns", "late", "notes", "tests",
)  # fmt: skip
_LONGEST = 200_000


def examine(program_id: int, document: Any) -> engine.Promotion:
    """The promotion that a document makes. Raises Invalid with a pointer to each thing that is wrong with it."""
    _examine_text(document)
    problems = [*_unknown(document), *code_problems(document.get("id"), "/id"), *_foreign(program_id, document)]
    found = None
    try:
        found = engine.promotion(document)
    except Invalid as refusal:
        problems += [one for one in refusal.errors if one.pointer != "/id"]
    if problems or found is None:
        raise Invalid("invalid", "This promotion cannot be published.", problems)
    return found


def _examine_text(document: Any) -> None:
    """What PostgreSQL and the hash can take: an object of a bounded size, no zero bytes, no half characters."""
    told = ""
    try:
        text = canonical(document)
        if not isinstance(document, dict):
            told = "A promotion is an object."
        elif len(text) > _LONGEST:
            told = f"A promotion has at most {_LONGEST:,} characters."
        elif "\\u0000" in text or any("\ud800" <= char <= "\udfff" for char in text):
            told = "A text of it has characters that no text may have."
    except (RecursionError, TypeError, ValueError):
        told = "A promotion is a JSON object."
    if told:
        raise Invalid("invalid", told, [FieldError("", "not_an_object", told)])


def _unknown(document: Document) -> Iterator[FieldError]:
    for name in document:
        if name not in KNOWN:
            yield FieldError(f"/{name}", "unknown_field", meant(name, KNOWN))


def _foreign(program_id: int, document: Document) -> Iterator[FieldError]:
    """What the document names and the program does not know."""
    named = (
        ("campaign", "unknown_campaign", campaigns.by_code(program_id)),
        ("group", "unknown_group", groups_of(program_id)),
    )
    for name, code, known in named:
        value = document.get(name)
        if value is not None and (not isinstance(value, str) or value not in known):
            yield FieldError(f"/{name}", code, meant(str(value), known))
    program = programs.get(program_id)
    currencies = [*(one.code for one in programs.currencies(program_id)), program.currency]
    for pointer, effect in effects_of(document):
        value = effect.get("currency")
        if isinstance(value, str) and value not in currencies:
            yield FieldError(f"{pointer}/currency", "unknown_currency", meant(value, currencies))
    codes = [one.code for one in partners.list_partners(program_id)]
    for pointer, partner in sponsors_of(document.get("sponsor")):
        if not isinstance(partner, str) or partner not in codes:
            yield FieldError(f"/sponsor{pointer}", "unknown_partner", meant(str(partner), codes))


def effects_of(document: Document) -> Iterator[tuple[str, Document]]:
    """Every effect of a document with its pointer."""
    rules = document.get("rules")
    places = [
        ("", document),
        *((f"/rules/{at}", one) for at, one in enumerate(rules if isinstance(rules, list) else [])),
    ]
    for pointer, rule in places:
        effects = rule.get("effects") if isinstance(rule, dict) else None
        for at, effect in enumerate(effects if isinstance(effects, list) else []):
            if isinstance(effect, dict):
                yield f"{pointer}/effects/{at}", effect


def sponsors_of(sponsor: Any) -> Iterator[tuple[str, Any]]:
    """The partners that a sponsor names, each with its pointer; the operator is named by none."""
    if isinstance(sponsor, list):
        for at, one in enumerate(sponsor):
            yield from ((f"/{at}{pointer}", partner) for pointer, partner in sponsors_of(one))
    elif isinstance(sponsor, dict):
        if sponsor.get("partner") is not None:
            yield "/partner", sponsor["partner"]
    elif sponsor not in (None, "operator"):
        yield "", sponsor


def meant(name: str, known: Iterable[str]) -> str:
    """That a name is not known, and which one may have been meant."""
    near = get_close_matches(name, list(known), 1)
    return f"Unknown: {name[:80]}." + (f" Did you mean {near[0]}?" if near else "")
