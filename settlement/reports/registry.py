"""Every report by its code: how it is made, what may be asked of it, and whether a page may make it while one waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coalition.kernel.errors import NotFound
from settlement.reports import breakage, deferred, exposure, forecast, journal, liability, origins, positions
from settlement.reports.selection import Selection
from settlement.reports.tables import Report


@dataclass(frozen=True, slots=True)
class Kind:
    """A report: `fields` are those of the selection that change it."""

    code: str
    build: Callable[[Selection], Report]
    fields: tuple[str, ...]


KINDS = {
    kind.code: kind
    for kind in (
        Kind(positions.CODE, positions.build, ("since", "until")),
        Kind(exposure.CODE, exposure.build, ()),
        Kind(liability.CODE, liability.build, ("currency", "on", "entity")),
        Kind(deferred.CODE, deferred.build, ("currency", "since", "until", "entity")),
        Kind(journal.CODE, journal.build, ("since", "until")),
        Kind(breakage.CODE, breakage.build, ("currency", "until", "entity")),
        Kind(forecast.CODE, forecast.build, ("currency", "until", "months")),
        Kind(origins.CODE, origins.build, ("currency", "since", "until", "entity")),
    )
}


def kind(code: str) -> Kind:
    """The report of this code. Raises NotFound."""
    if code not in KINDS:
        raise NotFound("report_not_found", f"There is no report {code!r}.")
    return KINDS[code]


def build(code: str, chosen: Selection) -> Report:
    """Make a report, in the running transaction. Raises NotFound."""
    return kind(code).build(chosen)
