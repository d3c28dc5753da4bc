"""Public ids: a prefix that names the thing and its number in sortable base 32 (Crockford's alphabet).

Inside, ids are bigints; outside, they are opaque strings. An id may carry several numbers (a hold carries its
account), so that every lookup can name the account it belongs to.
"""

from __future__ import annotations

from coalition.kernel.errors import NotFound

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {char: value for value, char in enumerate(_ALPHABET)}
_WIDTH = 13  # 13 * 5 bits hold any bigint; fixed width keeps the text order the number's order
_MAX = 2**63 - 1


def public(prefix: str, *numbers: int) -> str:
    """The public id of `numbers` (each 0 to 2^63 - 1): `public("pur", 12)` is `pur_000000000000c`."""
    return f"{prefix}_" + "".join(_encode(number) for number in numbers)


def parse(prefix: str, text: str) -> int:
    """The number behind a public id of one part. NotFound for anything else: what cannot exist is not there."""
    return parse_many(prefix, text, 1)[0]


def parse_many(prefix: str, text: str, parts: int) -> tuple[int, ...]:
    """The numbers behind a public id of `parts` parts. NotFound if the text is no such id."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _WIDTH * parts or not all(char in _VALUE for char in body):
        raise NotFound()
    numbers = tuple(_decode(body[at : at + _WIDTH]) for at in range(0, len(body), _WIDTH))
    if max(numbers) > _MAX:
        raise NotFound()
    return numbers


def _encode(number: int) -> str:
    if not 0 <= number <= _MAX:
        raise ValueError(f"{number} is not a valid id")
    chars = []
    for _ in range(_WIDTH):
        number, digit = divmod(number, 32)
        chars.append(_ALPHABET[digit])
    return "".join(reversed(chars))


def _decode(chars: str) -> int:
    number = 0
    for char in chars:
        number = number * 32 + _VALUE[char]
    return number
