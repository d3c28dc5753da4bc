"""What no log may hold: mail addresses, telephone and card numbers, tokens and secrets become keyed hashes.

`<email:1f6c20ab>` is the same for the same address, so that lines can be matched, and says nothing to who lacks the
installation's key. Names of people have no shape to be found by: they are never given to a log. Over-redacting is
meant: a number that looks like a card goes, too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

_key = b"not configured"
_NAMES = re.compile(
    r"(?i)pass(word|wd)|secret|token|authori[sz]ation|cookie|api_?key|signature|code_verifier|assertion"
)
_WORDS = r"password|passwd|secret|client_secret|token|access_token|refresh_token|authorization|api_?key|code_verifier"
_SHAPES = (
    ("secret", re.compile(r"(?i)(?<=bearer )[^\s\"',]+|(?<=basic )[A-Za-z0-9+/=]{8,}")),
    ("secret", re.compile(rf"(?i)\b(?:{_WORDS})['\"]?\s*[=:]\s*['\"]?[^\s\"'&,}}\]]+")),
    ("secret", re.compile(r"\b(?:token|secret|refresh|code|whsec|sk|rk|pk|shp_sig)_[A-Za-z0-9+/_=-]{16,}")),
    ("secret", re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)")),
    ("email", re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]+(?:\.[\w-]+)+")),
    ("secret", re.compile(r"(?<![\w-])[A-Za-z0-9_-]{40,}={0,2}(?![\w-])")),
    ("number", re.compile(r"(?<![\w.-])\+?\d(?:[ ()-]{0,2}\d){9,18}(?![\w-])")),
)
_PLAIN = frozenset({"timestamp", "request_id", "level", "actor"})
_DEPTH = 6


def use_key(secret: str) -> None:
    """Hash with a key that is made of the installation's secret."""
    global _key
    _key = hashlib.sha256(b"logs\0" + secret.encode()).digest()


def redacted(text: str) -> str:
    """The text without what no log may hold."""
    for kind, shape in _SHAPES:
        text = shape.sub(lambda found, kind=kind: _mark(kind, found[0]), text)  # type: ignore[misc]
    return text


def of_event(_: object, __: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The last step of every log line before it is written: each value redacted, whatever it is."""
    return {name: value if name in _PLAIN else _value(name, value, _DEPTH) for name, value in event.items()}


def _value(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if _NAMES.search(name):
        return _mark("secret", str(value))
    if isinstance(value, int):
        return value if abs(value) < 10**12 else redacted(str(value))
    if isinstance(value, Mapping) and depth:
        return {str(inner): _value(str(inner), one, depth - 1) for inner, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_value(name, one, depth - 1) for one in value]
    return redacted(str(value))


def _mark(kind: str, text: str) -> str:
    return f"<{kind}:{hmac.new(_key, text.encode(), hashlib.sha256).hexdigest()[:8]}>"
