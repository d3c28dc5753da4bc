"""Codes that are good for a minute or so: a member's one-time proof, and the rotating QR code of its phone.

Both are HMACs of the current step of 30 seconds, as RFC 6238 has them, under secrets derived from the installation's
own: nothing of them is stored, and whoever has only the database can make none. A code is good during its step and the
ones beside it (drift), so it lives 30 to 90 seconds. Pure but for the installation's key.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import re
from functools import lru_cache

from coalition.kernel import config
from coalition.members.normalising import ROTATING

STEP_S = 30
DRIFT = 1
_DIGITS = 8
_ROTATING = re.compile(r"CQ1\.([A-Z2-7]{16})\.([A-Z2-7]{16})")


def step_of(instant: dt.datetime) -> int:
    """The number of the step in which an instant falls."""
    return int(instant.timestamp()) // STEP_S


def last_instant(step: int) -> dt.datetime:
    """When the code of a step is no longer accepted."""
    return dt.datetime.fromtimestamp((step + 1 + DRIFT) * STEP_S, dt.UTC)


def step_until(instant: dt.datetime) -> int:
    """The step whose code is accepted until an instant: `last_instant` the other way round."""
    return step_of(instant) - 1 - DRIFT


def proof(member_id: int, step: int) -> str:
    """The eight digits that prove, during a step, that the member is there (dynamic truncation of RFC 4226)."""
    digest = _mac("proof", f"{member_id}|{step}")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def proof_step(member_id: int, code: str, step: int) -> int | None:
    """The step near `step` of which these digits are the member's proof, the nearest one first."""
    return next((near for near in _near(step) if hmac.compare_digest(proof(member_id, near), code)), None)


def token(member_id: int, generation: int) -> str:
    """The public name of a member's rotating code; another generation is another name (a phone was lost)."""
    return _text(_mac("token", f"{member_id}|{generation}"))


def rotating(public_token: str, step: int) -> str:
    """What the rotating QR code of a step says: too long to be guessed, so looking it up needs no brake."""
    return f"{ROTATING}{public_token}.{_rotating_code(public_token, step)}"


def read_rotating(payload: str, step: int) -> tuple[str, int] | None:
    """The token in a rotating payload and the step that it was made in; None if it is not fresh or not ours."""
    found = _ROTATING.fullmatch(payload.strip())
    if found is None:
        return None
    steps = (near for near in _near(step) if hmac.compare_digest(_rotating_code(found[1], near), found[2]))
    made = next(steps, None)
    return None if made is None else (found[1], made)


def _near(step: int) -> tuple[int, ...]:
    return (step, step - DRIFT, step + DRIFT)


def _rotating_code(public_token: str, step: int) -> str:
    return _text(_mac("rotating", f"{public_token}|{step}"))


def _text(digest: bytes) -> str:
    return base64.b32encode(digest[:10]).decode()


def _mac(purpose: str, message: str) -> bytes:
    return hmac.digest(_key(config.current().secret_key, purpose), message.encode(), "sha256")


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"coalition.members.{purpose}.v1".encode(), "sha256")
