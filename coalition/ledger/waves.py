"""How a batch falls into waves that may each be posted at once with the same result as one after the other.

Pure. Two postings depend on each other if they share a wallet or a business key. Inside one wave all postings are of
one class and no key comes twice; what a wallet's credits and debits do to each other, and what a repeated key does,
is kept by the order of the waves. A registry of purchases is one wave.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.ledger.types import Debit, Posting


def waves(batch: Sequence[Posting]) -> list[list[int]]:
    """The places of the batch, wave by wave, each in the order of its wallets (a wallet's postings keep theirs)."""
    made: dict[int, list[int]] = {}
    wallet_wave: dict[int, int] = {}
    key_wave: dict[tuple[int, int, str, int], int] = {}
    for place, posting in enumerate(batch):
        wave = max(wallet_wave.get(posting.account_id, 0), key_wave.get(posting.key, -1) + 1)
        wave += (wave % 2) ^ isinstance(posting, Debit)
        wallet_wave[posting.account_id] = key_wave[posting.key] = wave
        made.setdefault(wave, []).append(place)
    return [sorted(made[wave], key=lambda place: batch[place].account_id) for wave in sorted(made)]
