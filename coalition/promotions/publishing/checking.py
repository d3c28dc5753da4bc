"""Whether a document can be a promotion of a program: its shape, what the engine takes, what the program knows of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from coalition import members, partners, programs
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions import engine
from coalition.promotions.publishing import campaigns
from coalition.promotions.publishing.codes import code_problems
from coalition.promotions.publishing.documents import Document, canonical
from coalition.promotions.publishing.fields import field_problems
from coalition.promotions.publishing.groups import groups_of
from coalition.promotions.publishing.segmenting import segment_problems
from coalition.promotions.publishing.shapes import effects_of, shape_problems
from coalition.promotions.publishing.sponsoring import meant, sponsor_problems

KNOWN = (
    "id", "version", "status", "campaign", "name", "events", "from", "to", "coupon", "priority", "group", "exclusive",
    "sponsor", "audience", "when", "effects", "rules", "rules_mode", "limits", "returns", "late", "notes", "tests",
)  # fmt: skip
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Known:
    """The codes that documents of a program may name; `uneven`: currencies of which one unit is no whole money.
    `tiers`: members can climb.
    """

    campaigns: frozenset[str]
    groups: frozenset[str]
    currencies: frozenset[str]
    uneven: frozenset[str]
    partners: frozenset[str]
    tiers: bool


def examine(program_id: int, document: Document, *, strict: bool = False) -> engine.Promotion:
    """The promotion that a document makes. Raises Invalid with a pointer to each thing that is wrong with it.

    `strict`: what people write, which has a name and asks only for fields of the registry and segments that there are.
    """
    found, problems = examined(program_id, document, strict=strict)
    if problems or found is None:
        raise Invalid("invalid", "This promotion cannot be published.", problems)
    return found


def examined(
    program_id: int, document: Document, *, strict: bool = False
) -> tuple[engine.Promotion | None, list[FieldError]]:
    """The promotion that a document makes, None if it makes none, and everything that is wrong with it."""
    found, problems = understood(document, strict=strict)
    problems += _foreign(known_of(program_id), document)
    return found, problems + (segment_problems(program_id, document) if strict else [])


def examine_all(program_id: int, documents: Sequence[Document]) -> None:
    """Examine many at once. Raises Invalid, with `/<place in documents>` before each pointer."""
    known, wrong = known_of(program_id), list[FieldError]()
    for place, document in enumerate(documents):
        try:
            problems = understood(document)[1] + list(_foreign(known, document))
        except Invalid as refusal:
            problems = list(refusal.errors)
        wrong += [FieldError(f"/{place}{one.pointer}", one.code, one.detail) for one in problems]
    if wrong:
        raise Invalid("invalid", "These promotions cannot be published.", wrong)


def known_of(program_id: int) -> Known:
    """What a program knows by name, as things stand."""
    points = programs.currencies(program_id)
    currencies = [one.code for one in points]
    return Known(
        campaigns=frozenset(campaigns.by_code(program_id)),
        groups=frozenset(groups_of(program_id)),
        currencies=frozenset([*currencies, programs.get(program_id).currency]),
        uneven=frozenset(one.code for one in points if one.face_minor != int(one.face_minor)),
        partners=frozenset(one.code for one in partners.list_partners(program_id)),
        tiers=members.ladder(program_id, fresh=True).currency_id is not None,
    )


def understood(document: Document, *, strict: bool = False) -> tuple[engine.Promotion | None, list[FieldError]]:
    """The same, as far as it can be told without knowing the program: the engine evaluates what has no problems."""
    examine_text(document)
    problems = [*_unknown(document), *code_problems(document.get("id"), "/id"), *shape_problems(document)]
    if strict:
        problems += field_problems(document)
        if document.get("name") is None:
            problems.append(FieldError("/name", "required", "What members read, in English and in Russian."))
    try:
        found = engine.promotion(document)
    except Invalid as refusal:
        told = {one.pointer for one in problems}
        return None, problems + [one for one in refusal.errors if one.pointer not in told]
    except (AttributeError, KeyError, TypeError, ValueError):
        if not problems:
            raise
        return None, problems  # the reader stumbled over a shape that is told already
    return found, problems


def examine_text(document: Any) -> None:
    """An object of a bounded size, without zero bytes and half characters. Raises Invalid."""
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


def _foreign(known: Known, document: Document) -> Iterator[FieldError]:
    """What the document names and the program does not know."""
    named = (("campaign", "unknown_campaign", known.campaigns), ("group", "unknown_group", known.groups))
    for name, code, codes in named:
        value = document.get(name)
        if isinstance(value, str) and value not in codes:
            yield FieldError(f"/{name}", code, meant(value, codes))
    for pointer, effect in effects_of(document):
        value = effect.get("currency") if isinstance(effect, dict) else None
        if isinstance(value, str) and value not in known.currencies:
            yield FieldError(f"{pointer}/currency", "unknown_currency", meant(value, known.currencies))
        elif value in known.uneven and _asks_worth(document, effect):
            told = f"One unit of {value} is no whole money: give a number of points, within a limit on units."
            yield FieldError(f"{pointer}/currency", "currency_uneven", told)
        if isinstance(effect, dict) and effect.get("qualifying") is True and not known.tiers:
            told = "The program has no tiers for which points could count."
            yield FieldError(f"{pointer}/qualifying", "no_tiers", told)
    yield from sponsor_problems(document.get("sponsor"), known.partners, "/sponsor")


def _asks_worth(document: Document, effect: Document) -> bool:
    """Whether an effect is reckoned by what a unit is worth: a percentage, or a limit on money."""
    calc, limits = effect.get("calc"), document.get("limits")
    rows = calc.get("rows") if isinstance(calc, dict) else None
    listed = [*(rows if isinstance(rows, list) else ()), *(limits if isinstance(limits, list) else ())]
    inner = [one for one in listed if isinstance(one, dict)]
    of_money = any(one.get("metric") == "money" or "bp" in one for one in inner)
    return of_money or (isinstance(calc, dict) and calc.get("type") == "percent")
