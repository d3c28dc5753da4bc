"""What happened to points because of purchases, in words: one template a sentence, in English and Russian.

Pure: numbers and names come in, a sentence goes out. Whoever is shown a sentence is shown no other partner's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from coalition.promotions import called, number
from coalition.purchases.returns import VOID, Returned

_SENTENCES = {
    ("paid", "en"): "{units} {name} paid {money} of purchase {purchase}.",
    ("paid", "ru"): "{name}: {units}, оплачено {money} покупки {purchase}.",
    ("clawed", "en"): "{units} {name} taken back: of purchase {purchase} was returned: {lines} (return {external_id}).",
    ("clawed", "ru"): "{name}: списано {units}, по покупке {purchase} возвращено: {lines} (возврат {external_id}).",
    ("clawed_void", "en"): "{units} {name} taken back: purchase {purchase} was voided ({external_id}).",
    ("clawed_void", "ru"): "{name}: списано {units}, покупка {purchase} отменена ({external_id}).",
    ("owed", "en"): " {units} of them are owed and come out of the next points earned.",
    ("owed", "ru"): " Из них долгом осталось {units}, они удержатся из следующих начислений.",
    ("waived", "en"): " {units} of them had been spent and are not asked for.",
    ("waived", "ru"): " Из них уже потрачено {units}, они не взыскиваются.",
    (
        "restored",
        "en",
    ): "{units} {name} given back, with which purchase {purchase} was paid: {lines} (return {external_id}).",
    ("restored", "ru"): "{name}: вернулось {units}, ими оплачена покупка {purchase}: {lines} (возврат {external_id}).",
    ("restored_void", "en"): "{units} {name} given back: purchase {purchase} was voided ({external_id}).",
    ("restored_void", "ru"): "{name}: вернулось {units}, покупка {purchase} отменена ({external_id}).",
    ("line", "en"): "line {no}",
    ("line", "ru"): "строка {no}",
    ("part", "en"): "{qty} of line {no}",
    ("part", "ru"): "{qty} из строки {no}",
}


def say(key: str, language: str, **values: object) -> str:
    """The sentence `key` with its values; `language` is en or ru."""
    return _SENTENCES[key, language].format(**values)


def say_lines(lines: Mapping[int, int | None], language: str) -> str:
    """Returned lines: "1 of line 3, line 4"; quantities are thousandths, None for a line without one."""
    return ", ".join(
        say("line", language, no=no) if qty is None else say("part", language, no=no, qty=quantity(qty, language))
        for no, qty in sorted(lines.items())
    )


def say_return(
    key: str, returned: Returned, units: int, name: str, decimals: int, language: str, owed: int = 0, waived: int = 0
) -> str:
    """Why a return took points back (`clawed`) or gave them back (`restored`), with what is owed and what is waived."""
    sentence = say(
        f"{key}_void" if returned.kind == VOID else key,
        language,
        units=number(units, decimals, language),
        name=called(name, language),
        purchase=returned.purchase_external_id,
        external_id=returned.external_id,
        lines=say_lines({line.no: line.qty_m for line in returned.lines}, language),
    )
    for more, amount in (("owed", owed), ("waived", waived)):
        if amount:
            sentence += say(more, language, units=number(amount, decimals, language))
    return sentence


def quantity(qty_m: int, language: str) -> str:
    """Thousandths as a plain number: 1000 is "1", 1234 is "1.234", or 1,234 in Russian."""
    return number(qty_m, 3, language).rstrip("0").rstrip(".,")
