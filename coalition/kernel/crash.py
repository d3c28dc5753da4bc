"""Named crash points: a test arms one through the environment, and the process dies there by SIGKILL.

The points: before_begin, after_idem_insert, after_lock (wallets are locked, nothing is committed), before_commit,
after_commit_before_reply, and those around calls of the outside and the end of a job.

Nothing else may be done here. Without `CRASH_AT` in the environment a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

_ARMED = os.environ.get("CRASH_AT", "")


def point(name: str) -> None:
    """Die here, as a power cut would, if this point is armed (`CRASH_AT=name`)."""
    if name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)
