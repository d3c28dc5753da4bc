"""Movements that no purchase explains, in words: a sentence by kind and operation, in English and Russian."""

from __future__ import annotations

from collections.abc import Mapping

from coalition.ledger import EntryKind, Movement, Operation

Sentence = tuple[str, str]
_BY_KIND: Mapping[EntryKind, Sentence] = {
    EntryKind.CREDIT: ("Points were credited.", "Баллы начислены."),
    EntryKind.DEBIT: ("Points were spent.", "Баллы потрачены."),
    EntryKind.HOLD: ("Points were set aside.", "Баллы зарезервированы."),
    EntryKind.CAPTURE: ("Points set aside were redeemed.", "Зарезервированные баллы списаны."),
    EntryKind.RELEASE: ("Points set aside came back.", "Зарезервированные баллы вернулись."),
    EntryKind.EXPIRY: ("The points expired.", "Срок действия баллов истёк."),
    EntryKind.RESTORE: ("Redeemed points came back.", "Потраченные баллы вернулись."),
    EntryKind.DEBT: ("Points that were spent already are owed.", "Уже потраченные баллы остались долгом."),
    EntryKind.NETTING: ("Points paid what was owed.", "Баллы погасили долг."),
    EntryKind.ARRIVAL: ("Points arrived from another wallet.", "Баллы пришли с другого счёта."),
}
_UNDONE: Sentence = ("Points came back because an operation was undone.", "Баллы вернулись: операция отменена.")
_SAYINGS: Mapping[tuple[EntryKind, Operation], Sentence] = {
    (EntryKind.DEBIT, Operation.TRANSFER): (
        "Points were given to a family member.",
        "Баллы переданы участнику семьи.",
    ),
    (EntryKind.ARRIVAL, Operation.TRANSFER): (
        "Points arrived from a family member.",
        "Баллы получены от участника семьи.",
    ),
    (EntryKind.DEBIT, Operation.CONVERSION): (
        "Points were changed into another currency.",
        "Баллы обменяны на другую валюту.",
    ),
    (EntryKind.ARRIVAL, Operation.CONVERSION): (
        "Points of another currency were changed into these.",
        "Баллы другой валюты обменяны на эти.",
    ),
    (EntryKind.DEBIT, Operation.DONATION): ("Points were given to a charity.", "Баллы пожертвованы."),
    (EntryKind.CAPTURE, Operation.EXCHANGE_CAPTURE): (
        "Points went into another program.",
        "Баллы перешли в другую программу.",
    ),
    (EntryKind.CAPTURE, Operation.ORDER_CAPTURE): ("Points paid for an order.", "Баллами оплачен заказ."),
    (EntryKind.CREDIT, Operation.ADJUSTMENT): ("The program added points.", "Программа добавила баллы."),
    (EntryKind.DEBIT, Operation.ADJUSTMENT): ("The program took points away.", "Программа списала баллы."),
    (EntryKind.CREDIT, Operation.EVENT): (
        "Points for an event that was no purchase.",
        "Баллы за событие, не связанное с покупкой.",
    ),
    (EntryKind.CREDIT, Operation.OPENING): (
        "Points were brought along with a card of another program.",
        "Баллы перенесены с картой другой программы.",
    ),
    (EntryKind.DEBIT, Operation.REVERSAL): (
        "Points credited or moved by mistake were taken back.",
        "Списаны баллы, начисленные или переведённые по ошибке.",
    ),
    (EntryKind.RESTORE, Operation.REVERSAL): _UNDONE,
    (EntryKind.ARRIVAL, Operation.REVERSAL): _UNDONE,
    (EntryKind.ARRIVAL, Operation.MERGE): (
        "Points arrived from a merged account.",
        "Баллы пришли с присоединённого счёта.",
    ),
    (EntryKind.DEBIT, Operation.MERGE): (
        "Points moved to the account that this one was merged into.",
        "Баллы перешли на счёт, к которому присоединён этот.",
    ),
}


def plainly(one: Movement, language: str) -> str:
    """What a movement is, by its kind and operation alone; `language` is en or ru."""
    english, russian = _SAYINGS.get((one.kind, Operation(one.operation)), _BY_KIND[one.kind])
    return russian if language == "ru" else english
