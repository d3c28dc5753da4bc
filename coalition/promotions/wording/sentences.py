"""A whole promotion as sentences: when, for whom, what it gives, how much at most, until when and who pays.

    On a purchase on Saturdays and Sundays, if the member’s tier is Gold, give double bonuses on coffee,
    at most 1,000 bonuses a month per member.

`sentence` has words for every document that the engine accepts, and for drafts: what is not understood is called so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coalition.kernel.money import largest_remainder
from coalition.promotions.wording.calendar import EVENTS
from coalition.promotions.wording.checking import clear
from coalition.promotions.wording.conditions import in_words, places
from coalition.promotions.wording.effects import effect
from coalition.promotions.wording.voice import Names, Piece, Pieces, Voice, said, strong, text

Document = Mapping[str, Any]
_WHOLE_BP = 10_000
_ON: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "receipt.closed": (("On a ", "purchase"), ("При ", "покупке")),
    "receipt.returned": (("On a ", "return"), ("При ", "возврате")),
    "receipt.cancelled": (("On a ", "voided receipt"), ("При ", "отмене чека")),
    "bank.transaction": (("On a ", "payment by bank card"), ("При ", "оплате банковской картой")),
    "member.enrolled": (("On ", "joining the program"), ("При ", "вступлении в программу")),
    "calendar.birthday": (("On the ", "birthday"), ("В ", "день рождения")),
    "calendar.anniversary": (("On the ", "anniversary of joining"), ("В ", "годовщину вступления")),
    "order.placed": (("On an ", "order from the catalog"), ("При ", "заказе из каталога")),
    "survey.completed": (("On a ", "completed survey"), ("За ", "пройденный опрос")),
    "referral.completed": (("For ", "a friend brought"), ("За ", "приведённого друга")),
}
PER: Mapping[str, tuple[str, str]] = {
    "promotion": (" in all", " на всю акцию"),
    "campaign": (" for all its promotions together", " на все её акции вместе"),
    "member": (" per member", " на участника"),
    "household": (" per family", " на семью"),
    "partner": (" per partner", " на партнёра"),
    "store": (" per outlet", " на торговую точку"),
    "receipt": (" per receipt", " на чек"),
    "line": (" per line", " на строку"),
    "card": (" per card", " на карту"),
}
PERIOD: Mapping[str, tuple[str, str]] = {
    "receipt": (" a receipt", " за чек"),
    "day": (" a day", " в день"),
    "week": (" a week", " в неделю"),
    "month": (" a month", " в месяц"),
    "year": (" a year", " в год"),
    "campaign": (" in the campaign", " за кампанию"),
    "life": ("", ""),
}


def sentence(document: Document, names: Names, language: str = "en") -> Pieces:
    """The promotion in the words of one language, as pieces of which the chosen ones are strong."""
    voice = Voice(names, language)
    own = bool(document.get("effects"))
    rules = [_of(one) for one in _list(document, "rules")]
    pieces = _opening(document, voice)
    shared = document.get("when")
    where, rest = places(shared, voice) if _fine(shared) else ([], shared)
    for at, place in enumerate(where):
        pieces += [Piece(", " if at and voice.language == "ru" else " "), *place]
    pieces += _coupon(document, voice)
    pieces += _if(rest, voice)
    pieces += [Piece(voice.t(", ", ": ")), *_effects(document, voice)] if own or not rules else [Piece(":")]
    for at, rule in enumerate(rules):
        pieces += _rule(rule, at, bool(own), document, voice)
    pieces += _limits(document, voice)
    pieces.append(Piece("."))
    return [*pieces, *_around(document, voice)]


def sentence_text(document: Document, names: Names, language: str = "en") -> str:
    """The promotion's sentences as plain text."""
    return said(sentence(document, names, language))


def _opening(document: Document, voice: Voice) -> Pieces:
    events = [str(one) for one in _list(document, "events")]
    if len(events) == 1 and events[0] in _ON:
        en, ru = _ON[events[0]]
        before, word = ru if voice.language == "ru" else en
        return [Piece(before), strong(word)]
    words = [voice.t(*EVENTS.get(one, (one, one))).lower() for one in events]
    return [Piece(voice.t("On ", "Событие: ")), strong(voice.either(words) or voice.t("no event", "не выбрано"))]


def _coupon(document: Document, voice: Voice) -> Pieces:
    if not document.get("coupon"):
        return []
    return [Piece(voice.t(" with the coupon ", " с купоном ")), strong(text(document["coupon"]))]


def _if(node: Any, voice: Voice) -> Pieces:
    if node is None or node == {"all": []}:
        return []
    if not _fine(node):
        return [Piece(voice.t(", if ", ", если ")), strong(voice.t("(not understood yet)", "(пока не понято)"))]
    return [Piece(voice.t(", if ", ", если ")), *in_words(node, voice)]


def _rule(rule: Document, at: int, own: bool, document: Document, voice: Voice) -> Pieces:
    """One of several levels: "first, if ..., give ..."."""
    first = document.get("rules_mode") == "first"
    again = voice.t("; otherwise", "; иначе") if first else voice.t("; and", "; а также")
    pieces = [Piece(again if at or own else "")]
    node = rule.get("when")
    if node is None:
        return [*pieces, Piece(" "), *_effects(rule, voice)]
    condition = in_words(node, voice) if _fine(node) else [strong(voice.t("(not understood yet)", "(пока не понято)"))]
    return [
        *pieces,
        Piece(voice.t(" if ", " если ")),
        *condition,
        Piece(voice.t(", ", ", то ")),
        *_effects(rule, voice),
    ]


def _effects(rule: Document, voice: Voice) -> Pieces:
    found = [_of(one) for one in _list(rule, "effects")]
    if not found:
        return [strong(voice.t("nothing is given yet", "пока ничего не даётся"))]
    pieces: Pieces = []
    for at, one in enumerate(found):
        last = at == len(found) - 1
        pieces += [Piece(voice.t(" and ", " и ") if last else ", ")] if at else []
        where = one.get("where")
        known = one if where is None or clear(where, line=True) else {**one, "where": None}
        pieces += effect(known, voice)
    return pieces


def _limits(document: Document, voice: Voice) -> Pieces:
    pieces: Pieces = []
    currency = _currency(document)
    for given in map(_of, _list(document, "limits")):
        metric, value = given.get("metric"), given.get("value")
        if metric == "units":
            most = voice.most(currency, value)
        elif metric == "money":
            most = voice.money(value)
        elif metric == "coupons":
            most = voice.t(f"{voice.number(value)} coupons", f"{voice.number(value)} (купоны)")
        elif metric == "prizes":
            most = voice.t(f"{voice.number(value)} prizes", f"{voice.number(value)} (призы)")
        else:
            most = voice.times(value)
        pieces += [Piece(voice.t(", at most ", ", не больше ")), strong(most), Piece(_scope(given, voice))]
    return pieces


def _scope(given: Document, voice: Voice) -> str:
    """For whom and in which time a limit counts."""
    period = str(given.get("period", "life"))
    per = str(given.get("per", "promotion"))
    when = voice.t(*PERIOD[period]) if period in PERIOD else voice.t(" within ", " за ") + period.partition(":")[2]
    own = period == "receipt" and per in ("receipt", "line")
    return ("" if own else when) + voice.t(*PER.get(per, ("", "")))


def _around(document: Document, voice: Voice) -> Pieces:
    """The sentences that follow: dates, audience, company, funding."""
    pieces: Pieces = []
    begins, ends = document.get("from"), document.get("to")
    if begins:
        pieces += [Piece(voice.t(" From ", " С ")), strong(voice.moment(begins))]
    if ends:
        words = voice.t(" to ", " по ") if begins else voice.t(" Until ", " По ")
        pieces += [Piece(words), strong(voice.last(ends))]
    pieces += [Piece(".")] if begins or ends else []
    return [*pieces, *_audience(_of(document.get("audience")), voice), *_company(document, voice)]


def _audience(audience: Document, voice: Voice) -> Pieces:
    pieces: Pieces = []
    for name, en, ru in (
        ("segments_any", " For members in ", " Для участников из сегмента "),
        ("segments_none", " Not for members in ", " Не для участников из сегмента "),
    ):
        given = _list(audience, name)
        if given:
            words = voice.either(voice.named("segments", one) for one in given)
            pieces += [Piece(voice.t(en, ru)), strong(words), Piece(".")]
    if audience.get("communication"):
        words = voice.t(" Only for those who had its message.", " Только для тех, кто получил её сообщение.")
        pieces.append(Piece(words))
    if audience.get("control_bp"):
        share = voice.percent(audience["control_bp"])
        pieces += [Piece(voice.t(" A control group of ", " Контрольная группа, ")), strong(share)]
        pieces.append(Piece(voice.t(" gets nothing.", ", ничего не получает.")))
    return pieces


def _company(document: Document, voice: Voice) -> Pieces:
    """Which promotions it may stand beside, and who pays."""
    pieces: Pieces = []
    if document.get("exclusive") is True:
        pieces.append(
            Piece(voice.t(" No other promotion applies beside it.", " Другие акции вместе с ней не действуют."))
        )
    if document.get("group"):
        pieces += [Piece(voice.t(" It competes in the group ", " Соревнуется в группе "))]
        pieces += [strong(voice.named("promotion_groups", document["group"])), Piece(".")]
    payers = sponsors(document.get("sponsor"))
    if payers:
        words = [_payer(partner, share, len(payers), voice) for partner, share in payers]
        pieces += [Piece(voice.t(" Paid by ", " Оплачивает ")), strong(voice.either(words, ("and", "и"))), Piece(".")]
    return pieces


def _payer(partner: str, share: Any, number: int, voice: Voice) -> str:
    name = voice.t("the operator", "оператор") if partner == "operator" else voice.named("partners", partner)
    return name if number == 1 and share in (None, 10_000) else f"{name} {voice.percent(share)}"


def sponsors(given: Any) -> list[tuple[str, Any]]:
    """Who pays and which share each, in ten-thousandths (from weights, where those are given); None for no share."""
    if isinstance(given, str):
        return [(given, None)]
    several = given if isinstance(given, list) else [given]
    found = [one if isinstance(one, Mapping) else {"partner": str(one)} for one in several if one]
    payers = [str(one.get("partner", "operator")) for one in found]
    shares = [one.get("share_bp") for one in found]
    if len(found) > 1 and all(share is None for share in shares):
        weights: list[Any] = [one.get("weight", 1) for one in found]
        if all(type(weight) is int and 0 < weight < _WHOLE_BP**2 for weight in weights):
            shares = list(largest_remainder(_WHOLE_BP, weights))
    return list(zip(payers, shares, strict=True))


def _currency(document: Document) -> Any:
    """The currency in which limits on units are told: that of the first credit."""
    every: Sequence[Any] = [*_list(document, "effects")]
    for rule in _list(document, "rules"):
        every = [*every, *_list(_of(rule), "effects")]
    return next((one["currency"] for one in map(_of, every) if one.get("currency")), "")


def _fine(node: Any) -> bool:
    return node is None or clear(node)


def _of(given: Any) -> Document:
    return given if isinstance(given, Mapping) else {}


def _list(given: Document, name: str) -> Sequence[Any]:
    value = given.get(name)
    return value if isinstance(value, list) else ()
