"""Every regular expression of the house against texts that make naive ones search for minutes (ReDoS).

The patterns are read from the modules: a new one is tried without anybody remembering to. A pattern that goes through
its text once needs a millisecond for ten thousand signs, one that starts anew at every sign hundreds.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

_FLOORS = ("coalition", "catalog", "settlement", "integrations")
_SIGNS = 10_000
_MOST_S = 0.06
_TRIES = 4
_SEARCHING = ("search", "sub", "subn", "split", "findall", "finditer")
# What is repeated, and what stands at its end so that nothing fits.
_PIECES = [*"aA0-._/(=;,<{%@~+\\'é \n\t\xa0"]
_PAIRS = ["a@", "a.", "0.", "0 ", "a=", "a-", '\\"', "[[", "=a/", "<a ", "token_", "://a:", "-é", "a ", "\n ", "&a"]
_OUR_OWN = {"coalition.kernel.entrance._SENDER"}  # reads the installation's own environment


def _patterns() -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """Every compiled pattern of a module: its name, itself, and whether it is searched for, not matched whole."""
    seen = set()
    for floor in _FLOORS:
        package = importlib.import_module(floor)
        for found in pkgutil.walk_packages(package.__path__, f"{floor}."):
            if ".migrations" in found.name or found.name.endswith("__main__"):
                continue
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                for pattern in _within(value):
                    if pattern not in seen and f"{found.name}.{name}" not in _OUR_OWN:
                        seen.add(pattern)
                        yield f"{found.name}.{name}", pattern, _searched(inspect.getsource(module), name, value)


def _within(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _within(one)
    elif isinstance(value, dict):
        yield from _within(list(value.values()))


def _searched(source: str, name: str, value: Any) -> bool:
    """Whether the module searches with it; of a pattern in a collection, and of one named elsewhere, it is assumed."""
    whole = re.search(rf"\b{name}\.(fullmatch|match)\b", source) is not None
    searched = re.search(rf"\b{name}\.({'|'.join(_SEARCHING)})\b", source) is not None
    return searched or not whole or not isinstance(value, re.Pattern)


def _slowest(pattern: re.Pattern[Any], searched: bool) -> tuple[float, str]:
    """The longest that the pattern took, and with which text."""
    way = pattern.search if searched else pattern.fullmatch
    worst = (0.0, "")
    for piece in _PIECES + _PAIRS:
        text: Any = piece * (_SIGNS // len(piece)) + "\x00"
        text = text.encode() if isinstance(pattern.pattern, bytes) else text
        worst = max(worst, (_least(way, text), f"{way.__name__} {piece!r}"))
        if worst[0] > _MOST_S:
            break
    return worst


def _least(way: Any, text: Any) -> float:
    """The least of some tries: a busy machine makes one slow, not all."""
    least = _MOST_S + 1
    for _ in range(_TRIES):
        start = time.process_time()
        way(text)
        least = min(least, time.process_time() - start)
        if least <= _MOST_S:
            break
    return least


def test_no_pattern_of_the_house_is_slow_with_any_text() -> None:
    found = [(name, pattern.pattern, *_slowest(pattern, searched)) for name, pattern, searched in _patterns()]

    assert len(found) > 90
    assert [one for one in found if one[2] > _MOST_S] == []


@pytest.mark.parametrize("crime", [r"\s*\n\s*", r"[a-z.]+@[a-z]+"])
def test_a_pattern_that_starts_anew_at_every_sign_is_found(crime: str) -> None:
    took, text = _slowest(re.compile(crime), searched=True)

    assert took > _MOST_S, text
