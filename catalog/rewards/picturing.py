"""Which pictures are wanted, fetched and shown: what the database knows of them.

A picture is fetched once for each address, by a job; a card shows the last picture that came for it, so a new address
that leads nowhere changes nothing. Further pictures of a card (its gallery) are shown as far as they have come. The
files lie in the file store under the hash of what came.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel.db import execute, fetch_all

_LEASE = dt.timedelta(minutes=10)
_MOST_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class WantedPicture:
    """A picture to be fetched: the hash of its address, and the address."""

    url_hash: bytes
    url: str


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture in our store: the hash of the file that came, and the width in pixels of its largest form."""

    sha256: str
    width: int


def picture_key(sha256: str, width: int) -> str:
    """Where one form of a picture lies in the file store."""
    return f"pictures/{sha256}-{width}.webp"


def gallery(product_id: int, first: str | None) -> Sequence[ShownPicture]:
    """The further pictures of a card that have come, in its supplier's order, each once; `first` is shown already."""
    rows = fetch_all(
        "SELECT k.sha256, k.width FROM product_gallery g"
        " CROSS JOIN LATERAL unnest(g.urls) WITH ORDINALITY AS u (url, place)"
        " JOIN picture k ON k.url_hash = sha256(convert_to(u.url, 'UTF8')) AND k.state = 'stored'"
        " WHERE g.product_id = :product AND k.sha256 IS DISTINCT FROM :first GROUP BY k.sha256, k.width"
        " ORDER BY min(u.place) LIMIT 9",
        {"product": product_id, "first": first},
    )
    return [ShownPicture(*row) for row in rows]


def claim_pictures(limit: int) -> Sequence[WantedPicture]:
    """Up to `limit` pictures that nobody fetches; if nothing is said of them, they are due again in ten minutes."""
    rows = fetch_all(
        "UPDATE picture SET attempts = attempts + 1, due_at = now() + :lease WHERE url_hash = ANY (ARRAY("
        " SELECT url_hash FROM picture WHERE state = 'wanted' AND due_at <= now() ORDER BY due_at, url_hash"
        " LIMIT :limit FOR UPDATE SKIP LOCKED)) RETURNING url_hash, url",
        {"limit": limit, "lease": _LEASE},
    )
    return [WantedPicture(bytes(row.url_hash), row.url) for row in rows]


def picture_came(url_hash: bytes, sha256: str, width: int, height: int) -> None:
    """The picture is in the file store: whatever wanted it shows it from now on."""
    facts = {"url_hash": url_hash, "sha256": sha256, "width": width, "height": height}
    execute(
        "UPDATE picture SET state = 'stored', reason = NULL, sha256 = :sha256, width = :width, height = :height,"
        " fetched_at = now() WHERE url_hash = :url_hash",
        facts,
    )
    execute(
        "UPDATE product_image SET sha256 = :sha256, width = :width, height = :height WHERE product_id IN (SELECT"
        " product_id FROM product_image WHERE wanted = :url_hash ORDER BY product_id FOR UPDATE)",
        facts,
    )


def picture_failed(url_hash: bytes, code: str, *, for_good: bool) -> None:
    """It did not come, or is none. It is tried again ever later, six times in all, unless it is refused for good."""
    execute(
        "UPDATE picture SET reason = :code, due_at = now() + make_interval(mins => (10 * 4 ^ attempts)::int),"
        " state = CASE WHEN :for_good OR attempts >= :most THEN 'refused' ELSE state END WHERE url_hash = :url_hash",
        {"url_hash": url_hash, "code": code, "for_good": for_good, "most": _MOST_ATTEMPTS},
    )
