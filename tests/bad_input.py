"""The bad-input corpus of the reliability plan: bodies that naive stacks answer with 500, or accept in silence."""

from __future__ import annotations

# name -> (body, the statuses that are right)
CORPUS: dict[str, tuple[bytes, frozenset[int]]] = {
    "depth 100k": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", frozenset({400})),
    "integer of 5,000 digits": (b'{"amount":' + b"9" * 5000 + b"}", frozenset({400})),
    "integer 2**70": (b'{"amount":%d}' % 2**70, frozenset({422})),
    "integer 2**63": (b'{"amount":%d}' % 2**63, frozenset({422})),
    "NUL in text": (b'{"external_id":"a\\u0000b"}', frozenset({422})),
    "lone surrogate": (b'{"external_id":"\\ud800"}', frozenset({422})),
    "array body": (b"[1]", frozenset({400})),
    "null body": (b"null", frozenset({400})),
    "text body": (b'"abc"', frozenset({400})),
    "duplicate keys": (b'{"amount":1,"amount":-5}', frozenset({400})),
    "negative amount": (b'{"points":{"amount":-5,"currency":"BON"},"amount":-5}', frozenset({422})),
    "NaN": (b'{"amount":NaN}', frozenset({422})),
    "Infinity": (b'{"amount":Infinity}', frozenset({422})),
    "1e400": (b'{"amount":1e400}', frozenset({422})),
    "1.5": (b'{"amount":1.5}', frozenset({422})),
    "true for a number": (b'{"amount":true}', frozenset({422})),
    "text for a number": (b'{"amount":"5"}', frozenset({422})),
    "Arabic digit": ('{"amount":"٥"}'.encode(), frozenset({422})),
    "digits with underscore": (b'{"amount":"1_000"}', frozenset({422})),
    "invalid UTF-8": (b'{"a":"\xff\xfe"}', frozenset({400})),
    "truncated": (b'{"external_id":"R-1","lines":[', frozenset({400})),
    "not JSON": (b"external_id=R-1", frozenset({400})),
}
