"""The demo's sellers of codes, flights and seats: a simulator process for each, on a port that it keeps."""

from __future__ import annotations

from coalition.kernel.config import VAR
from coalition.kernel.embedded import free_port

KINDS = ("giftcode", "flight", "event")
FOLDERS = tuple(f"vendor-{kind}" for kind in KINDS)
_SEED = "7"  # of faults, which the demo leaves at rate 0; see integrations.simulator.faults


def address(kind: str) -> str:
    """Where the vendor answers: the same in every run of the demo, for the database names it."""
    file = VAR / f"vendor-{kind}.port"
    if not file.exists():
        file.write_text(str(free_port()))
    return f"http://127.0.0.1:{file.read_text()}"


def arguments(kind: str, callback_base: str, pace: str) -> list[str]:
    """How its process is started."""
    port = address(kind).rpartition(":")[2]
    options = ["-m", "integrations.simulator", "--kind", kind, "--seed", _SEED, "--port", port]
    return [*options, "--callback-base", callback_base, "--state-dir", str(VAR / f"vendor-{kind}"), "--pace", pace]


def forget() -> None:
    """Forget the ports."""
    for kind in KINDS:
        (VAR / f"vendor-{kind}.port").unlink(missing_ok=True)
