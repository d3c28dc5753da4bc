"""What somebody may have meant by a word that nothing is called: pure functions over a vocabulary's candidates."""

from __future__ import annotations

from collections.abc import Iterable

_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю"
_SWITCHED = str.maketrans(_LATIN + _CYRILLIC + "`", _CYRILLIC + _LATIN + "е")
_LEAST_PREFIX = 3
_MOST = 5


def switched(typed: str) -> str:
    """What would stand there had the other keyboard layout, Russian or English, been on."""
    return typed.lower().translate(_SWITCHED)


def allowance(word: str) -> int:
    """How many slips of the finger a word of this length is forgiven."""
    return 0 if len(word) < 4 else 1 if len(word) < 6 else 2


def meant(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that `word` begins, or else those that are the fewest slips away, within its allowance.

    At most five, the nearest and shortest first. A slip is a letter too many, too few, wrong, or two swapped.
    """
    known = sorted(set(candidates), key=lambda one: (len(one), one))
    begun = [one for one in known if len(word) >= _LEAST_PREFIX and one.startswith(word)]
    if begun:
        return begun[:_MOST]
    far = {one: slips(word, one) for one in known if abs(len(one) - len(word)) <= allowance(word)}
    least = min(far.values(), default=len(word))
    return [one for one, distance in far.items() if distance == least <= allowance(word)][:_MOST]


def slips(one: str, other: str) -> int:
    """The optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for at, left in enumerate(one, 1):
        row = [at]
        for to, right in enumerate(other, 1):
            cost = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (left != right))
            if at > 1 and to > 1 and left == other[to - 2] and one[at - 2] == right:
                cost = min(cost, before[to - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
