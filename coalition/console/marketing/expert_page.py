"""The expert's view: conditions as text, and the whole document as JSON; both say the same as the builder's rows.

What the rows cannot show (`any`, `not`, several levels, other effects) is written here and stays where it was when the
builder saves.
"""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, chosen_program, names_of, page, voice_of
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound, Refusal
from coalition.programs import Program
from coalition.promotions import wording

_LONG = 200_000
_HIDDEN = ("id", "version", "status")
_WIDE = 84
_ORDER = (
    *("name", "events", "from", "to", "campaign", "coupon", "when", "rules_mode", "rules", "effects", "limits"),
    *("f", "op", "v", "lines", "agg", "of", "where", "kind", "currency", "type", "metric", "per", "period", "value"),
)


@blueprint.get("/promotions/<code>/expert")
def expert(code: str) -> str:
    """The draft as text."""
    return _page(code, [], None)


@blueprint.post("/promotions/<code>/expert")
def write(code: str) -> Response | tuple[str, int]:
    """Save what was written: the conditions, or the whole."""
    given = {name: text.replace("\r\n", "\n")[:_LONG] for name, text in request.form.items()}

    def read() -> tuple[Program, dict[str, Any], forms.Errors]:
        program = chosen_program()
        draft = promotions.draft(program.id, code)
        return program, *(_whole(given) if "document" in given else _conditions(draft.document, given))

    program, document, errors = transact(read)
    if not errors:
        errors = _save(program, code, document, given.get("seen", ""))
    if errors:
        return _page(code, errors, given), 422
    return redirect(url_for("marketing.expert", code=code, done="draft_saved"), code=303)


def _whole(given: dict[str, str]) -> tuple[dict[str, Any], forms.Errors]:
    try:
        document = json.loads(given["document"])
    except (ValueError, RecursionError) as error:
        return {}, [forms.error("document", "json", str(error)[:200])]
    if not isinstance(document, dict):
        return {}, [forms.error("document", "json")]
    return document, []


def _conditions(was: Any, given: dict[str, str]) -> tuple[dict[str, Any], forms.Errors]:
    """The document with the conditions that were written: of the event, and of each effect's lines."""
    document: dict[str, Any] = json.loads(json.dumps(was))
    errors: forms.Errors = []
    for name, holder, key, line in _written(document):
        unreadable = holder.get(key) is not None and not _text(holder[key])
        if name in given and (given[name].strip() or not unreadable):
            node, wrong = _node(name, given[name], line)
            errors += wrong
            holder.pop(key, None)
            holder |= {key: node} if node is not None else {}
    return document, errors


def _node(name: str, text: str, line: bool) -> tuple[Any, forms.Errors]:
    if not text.strip():
        return None, []
    try:
        node = wording.understood(text)
    except Invalid as refusal:
        return None, [forms.error(name, "not_understood", refusal.detail)]
    return node, [forms.error(name, "condition", one.detail) for one in wording.wrong_with(node, line=line)[:5]]


def _written(document: dict[str, Any]) -> list[tuple[str, dict[str, Any], str, bool]]:
    """Every condition of a document: its field in the form, what holds it by which name, and whether it is of lines."""
    found = [("when", document, "when", False)]
    rules = document["rules"] if isinstance(document.get("rules"), list) else []
    for at, rule in enumerate(rules):
        if isinstance(rule, dict):
            found.append((f"rule-{at}", rule, "when", False))
    places = [("", document), *((f"rule-{at}-", rule) for at, rule in enumerate(rules) if isinstance(rule, dict))]
    for start, holder in places:
        effects = holder["effects"] if isinstance(holder.get("effects"), list) else []
        found += [(f"{start}lines-{at}", one, "where", True) for at, one in enumerate(effects) if isinstance(one, dict)]
    return found


def _save(program: Program, code: str, document: dict[str, Any], seen: str) -> forms.Errors:
    try:
        transact(
            lambda: promotions.save_draft(
                program.id, code, document, actor=audit.origin().actor, seen=forms.whole(seen) if seen else None
            )
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return forms.refused(refusal, {})
    return []


def _page(code: str, errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        draft = promotions.draft(program.id, code)
        names = names_of(program)
        voice = voice_of(names)
        document: dict[str, Any] = json.loads(json.dumps(draft.document))
        shown = {name: value for name, value in document.items() if name not in _HIDDEN}
        texts = [(name, _text(holder.get(key)), line) for name, holder, key, line in _written(document)]
        return {
            **page("promotions"),
            "program": program,
            "draft": draft,
            "promotion": promotions.one(program.id, code),
            "title": showing.title(draft.document, code, voice.language),
            "sentence": wording.sentence(draft.document, names, voice.language),
            "texts": [(name, (given or {}).get(name, text), line) for name, text, line in texts],
            "document": (given or {}).get("document") or readable(shown),
            "fields": [(one.name, one.type, one.label(voice.language)) for one in wording.FIELDS],
        }

    return render_template("marketing/expert.html", errors=errors, **transact(work))


def readable(value: Any, indent: int = 0) -> str:
    """JSON for people: parts in the order of the story, short ones on one line."""
    whole = json.dumps(value, ensure_ascii=False)
    if len(whole) + indent <= _WIDE or not isinstance(value, dict | list) or not value:
        return json.dumps(_ordered(value), ensure_ascii=False)
    inner, end = " " * (indent + 2), " " * indent
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + readable(one, indent + 2) for one in value) + f"\n{end}]"
    parts = [
        f"{inner}{json.dumps(name, ensure_ascii=False)}: {readable(one, indent + 2)}"
        for name, one in _ordered(value).items()
    ]
    return "{\n" + ",\n".join(parts) + f"\n{end}}}"


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if not isinstance(value, dict):
        return value
    places = {name: at for at, name in enumerate(_ORDER)}
    return {name: _ordered(value[name]) for name in sorted(value, key=lambda one: (places.get(one, len(places)), one))}


def _text(node: Any) -> str:
    """A condition as text; one that no text can say is in the document below."""
    return wording.printed(node) if wording.clear(node) or wording.clear(node, line=True) else ""
