"""What a promotion gives, in words: "double bonuses on coffee, expiring after 90 days".

Every effect that the engine accepts has words; what an effect leaves out is left out of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from coalition.promotions.wording.checking import clear
from coalition.promotions.wording.conditions import goods
from coalition.promotions.wording.voice import Piece, Pieces, Voice, strong, text

Raw = Mapping[str, Any]
_BP = 10_000
_TIMES: Mapping[int, tuple[str, str]] = {20_000: ("double ", "вдвое"), 30_000: ("triple ", "втрое")}
# The effects that name one thing: before it, and the field that names it.
_NAMED: Mapping[str, tuple[str, str, str]] = {
    "badge.grant": ("grant the badge ", "вручить значок ", "badge"),
    "status.set": ("set the status ", "установить статус ", "status"),
    "tier.change": ("change the tier to ", "изменить уровень на ", "tier"),
    "draw.enter": ("enter the draw ", "дать билет розыгрыша ", "draw"),
    "gift": ("give the gift ", "подарить ", "sku"),
    "webhook.call": ("call the webhook ", "вызвать вебхук ", "endpoint"),
    "receipt.text": ("print on the slip: ", "напечатать на чеке: ", "text"),
    "segment.add": ("add to the segment ", "включить в сегмент ", "segment"),
    "segment.remove": ("take out of the segment ", "исключить из сегмента ", "segment"),
    "attribute.set": ("set the attribute ", "установить признак ", "attribute"),
    "attribute.inc": ("raise the attribute ", "увеличить признак ", "attribute"),
    "task.create": ("create the task ", "создать задачу ", "task"),
    "fraud.flag": ("flag for the anti-fraud queue: ", "отметить для проверки: ", "reason"),
    "coupon.issue": ("issue the coupon ", "выдать купон ", "template"),
}


def effect(raw: Raw, voice: Voice) -> Pieces:
    """One effect as pieces: a verb, what, on which lines and for how long."""
    kind = str(raw.get("kind"))
    if kind in ("points.credit", "cashback"):
        return [*_credit(raw, voice), *goods(raw.get("where"), voice), *_life(raw, voice)]
    if kind == "discount":
        return [*_discount(raw, voice), *goods(raw.get("where"), voice)]
    if kind == "message.send":
        return _message(raw, voice)
    if kind in _NAMED:
        en, ru, name = _NAMED[kind]
        source = {"tier": "tiers", "segment": "segments"}.get(name, "")
        what = voice.named(source, raw.get(name)) if source else text(raw.get(name))
        more = goods(raw.get("where"), voice) if kind == "draw.enter" else []
        return [Piece(voice.t(en, ru)), strong(what), *_tickets(raw, voice), *more]
    return _OTHER.get(kind, _unnamed)(raw, voice)


def _credit(raw: Raw, voice: Voice) -> Pieces:
    calc, code = _calc(raw), raw.get("currency")
    kind = calc.get("type")
    give = Piece(voice.t("give ", "начислить "))
    if kind == "multiply":
        return [give, strong(_times(calc.get("x_bp"), voice.currency(code), voice))]
    if kind == "percent":
        share, name = voice.percent(calc.get("bp")), voice.currency(code)
        return [give, strong(voice.t(f"{share} in {name}", f"{name}: {share} от суммы"))]
    if kind == "table":
        return [give, strong(voice.currency(code)), Piece(voice.t(" by steps: ", " по ступеням: ")), *_rows(raw, voice)]
    pieces = [give, strong(voice.points(code, calc.get("points", 0)))]
    if kind == "per_amount":
        return [*pieces, Piece(voice.t(" for each full ", " за каждые полные ")), strong(voice.money(calc.get("each")))]
    if kind == "per_qty":
        each = voice.quantity(calc.get("each_m"))
        pieces += [Piece(voice.t(" for every ", " за каждые ")), strong(voice.t(f"{each} pieces", f"{each} шт."))]
        most = calc.get("max_times")
        return pieces + (
            [Piece(voice.t(f", at most {text(most)} times", f", не больше {text(most)} раз"))] if most else []
        )
    return pieces


def _times(x_bp: Any, currency: str, voice: Voice) -> str:
    """Double bonuses; 1.5× bonuses; бонусы вдвое; бонусы ×1,5."""
    known = _TIMES.get(x_bp) if type(x_bp) is int else None
    if known:
        return voice.t(known[0] + currency, f"{currency} {known[1]}")
    factor = voice.short(x_bp, 4)
    return voice.t(f"{factor}× {currency}", f"{currency} ×{factor}")


def _rows(raw: Raw, voice: Voice) -> Pieces:
    calc = _calc(raw)
    by_quantity = calc.get("on") == "qty_m"
    told = []
    rows = calc["rows"] if isinstance(calc.get("rows"), list) else []
    for row in rows[:_ROWS_TOLD]:
        given = row if isinstance(row, Mapping) else {}
        begins = voice.quantity(given.get("from")) if by_quantity else voice.money(given.get("from"))
        points = "points" in given
        gives = voice.points(raw.get("currency"), given["points"]) if points else voice.percent(given.get("bp"))
        told.append(voice.t(f"{gives} from {begins}", f"{gives} от {begins}"))
    return [strong("; ".join(told) or "—")]


def _discount(raw: Raw, voice: Voice) -> Pieces:
    calc = _calc(raw)
    kind = calc.get("type")
    if kind == "percent":
        return [Piece(voice.t("take ", "скидка ")), strong(voice.percent(calc.get("bp"))), Piece(voice.t(" off", ""))]
    if kind == "fixed_price":
        words = voice.t("sell each piece for ", "продать каждую штуку за ")
        return [Piece(words), strong(voice.money(calc.get("price")))]
    if kind == "cheapest_free":
        return _cheapest(calc, voice)
    if kind == "bundle":
        for_price = [Piece(voice.t(" for ", " за ")), strong(voice.money(calc.get("price")))]
        return [Piece(voice.t("sell the set ", "продать набор ")), *_set(calc, voice), *for_price]
    off = calc.get("minor", calc.get("amount", calc.get("points", 0)))
    return [Piece(voice.t("take ", "скидка ")), strong(voice.money(off)), Piece(voice.t(" off", ""))]


def _cheapest(calc: Raw, voice: Voice) -> Pieces:
    every, share, cap = voice.number(calc.get("every")), calc.get("bp", _BP), calc.get("cap")
    free = (
        voice.t("free", "бесплатно")
        if share == _BP
        else voice.t(f"{voice.percent(share)} off", f"−{voice.percent(share)}")
    )
    pieces = [
        Piece(voice.t("of every ", "из каждых ")),
        strong(voice.t(f"{every} pieces", f"{every} штук")),
        Piece(voice.t(" the cheapest is ", " самая дешёвая — ")),
        strong(free),
    ]
    if cap is not None:
        pieces += [Piece(voice.t(", at most ", ", не больше ")), strong(voice.money(cap))]
    return pieces


def _set(calc: Raw, voice: Voice) -> Pieces:
    """Of what a set is made: "(2 pieces on coffee, 1 piece on any goods)"."""
    given = calc["items"] if isinstance(calc.get("items"), list) else []
    pieces: Pieces = [Piece("(")]
    for at, one in enumerate(one for one in given[:_ROWS_TOLD] if isinstance(one, Mapping)):
        where = one.get("where")
        known = where if where is not None and clear(where, line=True) else None
        told = goods(known, voice) or [Piece(voice.t(" of any goods", " любых товаров"))]
        number = voice.number(one.get("qty", 1))
        pieces += [Piece(" + " if at else ""), strong(voice.t(f"{number} pcs", f"{number}\u00a0шт.")), *told]
    return [*pieces, Piece(")")]


def _life(raw: Raw, voice: Voice) -> Pieces:
    """On which account, from when and until when the points live."""
    pieces: Pieces = []
    if raw.get("account"):
        pieces += [Piece(voice.t(" to the account ", " на счёт ")), strong(voice.named("accounts", raw["account"]))]
    if raw.get("activate_days"):
        pieces += [Piece(voice.t(", active after ", ", активны через ")), strong(voice.days(raw["activate_days"]))]
    if raw.get("activate_at"):
        pieces += [Piece(voice.t(", active from ", ", активны с ")), strong(voice.moment(raw["activate_at"]))]
    if raw.get("expire_days") is not None:
        pieces += [Piece(voice.t(", expiring after ", ", сгорают через ")), strong(voice.days(raw["expire_days"]))]
    if raw.get("expire_at"):
        pieces += [Piece(voice.t(", expiring on ", ", сгорают ")), strong(voice.moment(raw["expire_at"]))]
    if raw.get("expire_align"):
        year = raw["expire_align"] == "year"
        pieces.append(
            Piece(
                voice.t(" at the end of the year", " в конце года")
                if year
                else voice.t(" at the end of the month", " в конце месяца")
            )
        )
    if raw.get("qualifying"):
        pieces.append(Piece(voice.t(", counting towards the tier", ", в зачёт уровня")))
    return pieces


def _tickets(raw: Raw, voice: Voice) -> Pieces:
    if raw.get("kind") == "draw.enter" and raw.get("each"):
        return [Piece(voice.t(" for each full ", " за каждые полные ")), strong(voice.money(raw["each"]))]
    if raw.get("kind") == "coupon.issue" and raw.get("qty", 1) != 1:
        return [Piece(" × "), strong(text(raw["qty"]))]
    return []


def _message(raw: Raw, voice: Voice) -> Pieces:
    """A message, by which channels, and when it waits."""
    pieces = [Piece(voice.t("send the message ", "отправить сообщение ")), strong(text(raw.get("template")))]
    channels, quiet = raw.get("channels"), raw.get("quiet_hours")
    if isinstance(channels, list) and channels:
        names = [voice.t(*_CHANNELS[one]) if one in _CHANNELS else text(one) for one in map(str, channels)]
        pieces.append(Piece(voice.t(" by ", " через ") + voice.t(" or ", " или ").join(names)))
    if isinstance(quiet, Mapping):
        hours = f"{text(quiet.get('from'))}–{text(quiet.get('to'))}"
        pieces.append(Piece(voice.t(f", but not at {hours}", f", но не в {hours}")))
    return pieces


def _progress(raw: Raw, voice: Voice) -> Pieces:
    by = raw.get("by")
    en, ru = _COUNTED.get(str(by.get("type")) if isinstance(by, Mapping) else "", ("", ""))
    pieces = [
        Piece(voice.t(f"count {en}towards ", f"засчитать {ru}в достижение ")),
        strong(text(raw.get("achievement"))),
    ]
    if raw.get("target"):
        of_money = isinstance(by, Mapping) and by.get("type") == "amount"
        target = voice.money(raw["target"]) if of_money else voice.number(raw["target"])
        pieces += [Piece(voice.t(" of ", " до ")), strong(target)]
    if words := _WITHIN.get(str(raw.get("period"))):
        pieces.append(Piece(voice.t(*words)))
    pieces += goods(raw.get("where"), voice)
    return [*pieces, *_then(raw.get("on_complete"), (", and when it is complete ", ", а по выполнении "), voice)]


def _chance(raw: Raw, voice: Voice) -> Pieces:
    odds = voice.short(raw.get("win_ppm", 0), 4) + voice.t("%", "\u00a0%")
    pieces = [Piece(voice.t("with a chance of ", "с вероятностью ")), strong(odds)]
    return [*pieces, *_then(raw.get("on_win"), (" ", " "), voice)]


def _then(given: Any, before: tuple[str, str], voice: Voice) -> Pieces:
    """What follows when something is complete or won."""
    found = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    pieces: Pieces = []
    for at, one in enumerate(found):
        words = voice.t(" and ", " и ") if at else voice.t(*before)
        pieces += [Piece(words), *effect(_safe(one), voice)]
    return pieces


def _safe(raw: Raw) -> Raw:
    """An effect inside another one, of which nobody has checked the condition."""
    return {name: value for name, value in raw.items() if name not in ("where", "on_win", "on_complete")}


def _crown(raw: Raw, voice: Voice) -> Pieces:
    return [Piece(voice.t("add crowns: ", "добавить короны: ")), strong(text(raw.get("crowns", 1)))]


def _redeem(raw: Raw, voice: Voice) -> Pieces:
    told = []
    if raw.get("share_bp") is not None:
        share = voice.percent(raw["share_bp"])
        told.append(voice.t(f"let points pay at most {share}", f"оплачивать баллами не больше {share}"))
    if raw.get("min"):
        least = voice.number(raw["min"])
        told.append(voice.t(f"spend at least {least} points at a time", f"списывать не меньше {least} баллов"))
    if raw.get("step"):
        step = voice.number(raw["step"])
        told.append(voice.t(f"spend points in steps of {step}", f"списывать баллы шагом {step}"))
    return [strong(", ".join(told) or voice.t("change how points may pay", "изменить правила оплаты баллами"))]


def _price(raw: Raw, voice: Voice) -> Pieces:
    words = voice.t("a personal price in the catalog: ", "личная цена в каталоге: ")
    return [Piece(words), strong(f"{text(raw.get('sku'))} — {voice.number(raw.get('price'))}")]


def _delivery(raw: Raw, voice: Voice) -> Pieces:
    return [strong(voice.t("make delivery free", "сделать доставку бесплатной"))]


def _unnamed(raw: Raw, voice: Voice) -> Pieces:
    return [strong(text(raw.get("kind")))]


def _calc(raw: Raw) -> Raw:
    given = raw.get("calc")
    return given if isinstance(given, Mapping) else {}


_OTHER: Mapping[str, Callable[[Raw, Voice], Pieces]] = {
    "progress.add": _progress,
    "chance": _chance,
    "crown.add": _crown,
    "points.redeem_rule": _redeem,
    "price.override": _price,
    "delivery.free": _delivery,
}
# What an achievement counts, where it is not purchases.
_COUNTED: Mapping[str, tuple[str, str]] = {
    "qty": ("pieces ", "штуки "),
    "amount": ("the amount ", "сумму "),
    "points": ("points earned ", "начисленные баллы "),
    "distinct_days": ("days ", "дни "),
}
_CHANNELS: Mapping[str, tuple[str, str]] = {
    "email": ("e-mail", "почту"),
    "sms": ("SMS", "SMS"),
    "push": ("push", "push"),
    "messenger": ("messenger", "мессенджер"),
}
# In which period it counts, after which it begins anew.
_WITHIN: Mapping[str, tuple[str, str]] = {
    "day": (" within a day", " за один день"),
    "week": (" within a calendar week", " за календарную неделю"),
    "month": (" within a calendar month", " за календарный месяц"),
    "year": (" within a calendar year", " за календарный год"),
}
_ROWS_TOLD = 12
