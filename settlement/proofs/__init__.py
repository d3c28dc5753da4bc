"""What was stated, proven: bundles that anybody recomputes, and one signed tree of everything that was ever stated.

The names are looked up when they are used, so that the verifier beneath runs where nothing but Python is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from settlement.proofs.bundling import write
    from settlement.proofs.growing import Head, Place, append, at_size, heads, latest, period_codes, place_of
    from settlement.proofs.keeping import bundle_of, keep, kept, key_of, unbundled, unproven
    from settlement.proofs.packing import packaged
    from settlement.proofs.proving import Grown, consistency, inclusion
    from settlement.proofs.signing import keys, renew
    from settlement.proofs.witnessing import (
        Cosigned,
        Witness,
        add_witness,
        cosign,
        cosignatures,
        witnessed,
        witnesses,
    )

_WHERE = {
    "bundling": ("write",),
    "growing": ("Head", "Place", "append", "at_size", "heads", "latest", "period_codes", "place_of"),
    "keeping": ("bundle_of", "keep", "key_of", "kept", "unbundled", "unproven"),
    "packing": ("packaged",),
    "proving": ("Grown", "consistency", "inclusion"),
    "signing": ("keys", "renew"),
    "witnessing": ("Cosigned", "Witness", "add_witness", "cosign", "cosignatures", "witnessed", "witnesses"),
}

__all__ = [
    "Cosigned",
    "Grown",
    "Head",
    "Place",
    "Witness",
    "add_witness",
    "append",
    "at_size",
    "bundle_of",
    "consistency",
    "cosign",
    "cosignatures",
    "heads",
    "inclusion",
    "keep",
    "kept",
    "key_of",
    "keys",
    "latest",
    "packaged",
    "period_codes",
    "place_of",
    "renew",
    "unbundled",
    "unproven",
    "witnessed",
    "witnesses",
    "write",
]


def __getattr__(name: str) -> Any:
    for module, names in _WHERE.items():
        if name in names:
            return getattr(import_module(f"settlement.proofs.{module}"), name)
    raise AttributeError(name)
