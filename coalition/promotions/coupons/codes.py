"""The codes of coupons: what they are made of, their check character, and reading them as people type them. Pure.

Thirty characters that cannot be taken for each other (no 0 and O, no 1, I and L, no U that spells words), drawn from
the system's source of randomness without bias. The last one checks the others by the hybrid system of ISO/IEC 7064
over an alphabet of 30 (MOD 31,30, as MOD 37,36 is over 36): it finds every wrong character and nearly every swap.
"""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
ODDS = 10**9  # possible codes for each that exists: what a guess is worth
SHORTEST = 8
_SIZE = len(ALPHABET)
_FAIR = 256 - 256 % _SIZE  # bytes from here on would favour the first values
_UNFAIR = bytes(range(_FAIR, 256))
_VALUE = {char: value for value, char in enumerate(ALPHABET)}
_SEPARATORS = str.maketrans("", "", " -\u00a0\u2010\u2011\u2012\u2013\u2014")
_GROUP = 4
_START = _SIZE // 2
# Tables for whole columns of values at a time: reduced modulo 30, doubled modulo 31, as characters, as the last one.
_REDUCED = bytes(byte % _SIZE for byte in range(256))
_DOUBLED = bytes(((byte % _SIZE) or _SIZE) * 2 % (_SIZE + 1) for byte in range(256))
_CHARS = bytes(ord(ALPHABET[byte % _SIZE]) for byte in range(256))
_LAST = bytes(ord(ALPHABET[(1 - doubled) % _SIZE]) for doubled in _DOUBLED)


def length_for(count: int) -> int:
    """How many random characters make `count` codes unguessable: a guess hits one with odds of one to a billion."""
    length = SHORTEST
    while _SIZE**length < ODDS * count:
        length += 1
    return length


def draw(count: int, length: int, prefix: str = "") -> list[str]:
    """So many new codes of `length` random characters between the prefix and the check character.

    The prefix is of the alphabet. Nothing here knows which codes exist: the database refuses the same one twice.
    """
    return written(count, length, prefix, "").decode("ascii").split("\n")[:count]


def written(count: int, length: int, prefix: str, head: str) -> bytes:
    """So many new codes as lines, each with `head` before it.

    All first characters are drawn together, then all second ones, and so on: a column of a part is added to another
    as two long numbers (a byte never overflows into the next), which is a hundred times as fast as code by code.
    """
    begun = f"{head}{prefix}".encode("ascii")
    width = len(begun) + length + 2
    page = bytearray((begun + b"?" * (length + 1) + b"\n") * count)
    state = bytes([_next(_START, prefix)]) * count
    for place in range(length):
        column = _random(count)
        page[len(begun) + place :: width] = column.translate(_CHARS)
        state = _sum(state.translate(_DOUBLED), column)
    page[len(begun) + length :: width] = state.translate(_LAST)
    return bytes(page)


def is_whole(code: str) -> bool:
    """Whether the last character of a code, as `normal` writes it, agrees with the others."""
    return len(code) > 1 and all(char in _VALUE for char in code) and ord(code[-1]) == _LAST[_next(_START, code[:-1])]


def normal(text: str) -> str:
    """A code as it is kept: capital letters, without spaces and dashes."""
    return text.translate(_SEPARATORS).upper()


def spaced(code: str) -> str:
    """A code as people read it, in groups of four; a short one as it stands."""
    return code if len(code) <= SHORTEST else "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def in_alphabet(text: str) -> bool:
    """Whether a text could begin codes."""
    return all(char in _VALUE for char in text)


def _next(state: int, text: str) -> int:
    """The state of the check behind `text`."""
    for char in text:
        state = (_DOUBLED[state] + _VALUE[char]) % _SIZE
    return state


def _sum(left: bytes, right: bytes) -> bytes:
    """Two columns of values below 31, added value by value modulo 30."""
    total = int.from_bytes(left) + int.from_bytes(right)
    return total.to_bytes(len(left)).translate(_REDUCED)


def _random(count: int) -> bytes:
    """So many values below 30, each as likely as the others."""
    found = bytearray()
    while len(found) < count:
        wanted = count - len(found)
        found += secrets.token_bytes(wanted + wanted // 8 + 16).translate(None, _UNFAIR)
    return bytes(found[:count]).translate(_REDUCED)
