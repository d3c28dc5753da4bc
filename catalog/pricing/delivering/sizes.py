"""How large offers are, for the weight that carriers reckon with. What has no size goes by real weight alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid

_MOST_MM = 20_000


@dataclass(frozen=True, slots=True)
class Size:
    """The box of one piece, in millimetres."""

    length_mm: int
    width_mm: int
    height_mm: int

    @property
    def volume_cm3(self) -> int:
        """Its volume, rounded up to a cubic centimetre."""
        return -(-self.length_mm * self.width_mm * self.height_mm // 1000)


def set_sizes(sizes: Mapping[int, Size]) -> int:
    """Say how large these offers (by id) are; how many. Raises Invalid for a side that is no millimetres to 20 m."""
    ordered = sorted(sizes.items())
    sides = [(one.length_mm, one.width_mm, one.height_mm) for _, one in ordered]
    if any(not 1 <= side <= _MOST_MM for box in sides for side in box):
        problem = FieldError("/size", "invalid", f"From 1 to {_MOST_MM} mm.")
        raise Invalid("invalid", "This cannot be the size of anything.", [problem])
    return execute(
        "INSERT INTO offer_size (offer_id, length_mm, width_mm, height_mm) SELECT * FROM unnest("
        "CAST(:ids AS bigint[]), CAST(:lengths AS int[]), CAST(:widths AS int[]), CAST(:heights AS int[]))"
        " ON CONFLICT (offer_id) DO UPDATE SET length_mm = excluded.length_mm, width_mm = excluded.width_mm,"
        " height_mm = excluded.height_mm",
        {
            "ids": [offer_id for offer_id, _ in ordered],
            "lengths": [box[0] for box in sides],
            "widths": [box[1] for box in sides],
            "heights": [box[2] for box in sides],
        },
    )


def volumes(offer_ids: Iterable[int]) -> dict[int, int]:
    """The volume of a piece of each of these offers in cubic centimetres; what has no size is left out."""
    rows = fetch_all(
        "SELECT offer_id, length_mm, width_mm, height_mm FROM offer_size WHERE offer_id = ANY(:ids) LIMIT 10000",
        {"ids": list(offer_ids)},
    )
    return {row.offer_id: Size(row.length_mm, row.width_mm, row.height_mm).volume_cm3 for row in rows}
