"""What is sealed opens with our keys, the old ones too, and with no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from coalition.kernel import sealing
from coalition.kernel.config import ConfigError, current, load


def test_a_secret_comes_back_and_is_not_seen_in_between(app: Flask) -> None:
    sealed = sealing.seal("GIFT-1234")

    assert sealing.unseal(sealed) == "GIFT-1234"
    assert b"GIFT" not in sealed
    assert sealing.seal("GIFT-1234") != sealed


def test_the_same_text_is_recognised_without_being_opened(app: Flask) -> None:
    assert sealing.mark("GIFT-1234") == sealing.mark("GIFT-1234") != sealing.mark("GIFT-1235")
    assert b"GIFT" not in sealing.mark("GIFT-1234")


def test_a_new_key_in_front_opens_what_the_old_ones_sealed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, old, new = current(), Fernet.generate_key().decode(), Fernet.generate_key().decode()
    derived = sealing.seal("a")
    monkeypatch.setitem(app.config, "COALITION", replace(plain, data_keys=(old,)))
    kept = sealing.seal("b")

    monkeypatch.setitem(app.config, "COALITION", replace(plain, data_keys=(new, old)))
    assert (sealing.unseal(derived), sealing.unseal(kept)) == ("a", "b")

    monkeypatch.setitem(app.config, "COALITION", replace(plain, data_keys=(new,)))
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(kept)


def test_a_key_that_is_none_is_named_at_the_start() -> None:
    with pytest.raises(ConfigError, match="DATA_KEYS"):
        load({"COALITION_ENV": "demo", "DATABASE_URL": "postgresql://x/y", "DATA_KEYS": "word"})
