"""Secrets that must be shown again (gift codes, tickets): sealed with Fernet before they touch the database.

The first key seals, every key opens, so that a new one can be put in front at any time: `DATA_KEYS` in the environment,
or one that is derived from `SECRET_KEY`, which always opens, too.
"""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from coalition.kernel import config


class CannotOpen(Exception):
    """What was sealed does not open: another key, or it was tampered with."""


def seal(text: str) -> bytes:
    """The text, unreadable without our keys; the same text is never sealed the same way twice."""
    return _box(*_keys()).encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """The text that was sealed. Raises CannotOpen."""
    try:
        return _box(*_keys()).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise CannotOpen("none of our keys opens this") from error


def mark(text: str) -> bytes:
    """A mark by which the same text is recognised without opening anything; of no use to whoever lacks our key."""
    return hmac.digest(_derived(config.current().secret_key).encode(), text.encode(), "sha256")


def _keys() -> tuple[str, ...]:
    now = config.current()
    return (*now.data_keys, _derived(now.secret_key))


@lru_cache(maxsize=8)
def _derived(secret: str) -> str:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"coalition sealing").derive(secret.encode())
    return base64.urlsafe_b64encode(key).decode()


@lru_cache(maxsize=8)
def _box(*keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
