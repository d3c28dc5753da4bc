"""What the kit has found: laws in plain words, each kept or broken, as a table for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

_SAID_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One law: whether the server keeps it, and what it answered if not. `kept` None: it could not be tried."""

    group: str
    law: str
    kept: bool | None
    detail: str = ""


@dataclass(slots=True)
class Report:
    """The findings of a run, in the order in which they were made."""

    findings: list[Finding] = field(default_factory=list)
    group: str = ""

    def expect(self, law: str, kept: bool, got: object = "") -> bool:
        """Note whether a law is kept; `got` is what the server said, told only where it is not."""
        self.findings.append(Finding(self.group, law, bool(kept), "" if kept else str(got)[:_SAID_AT_MOST]))
        return bool(kept)

    def untried(self, law: str, why: str) -> None:
        """Note that a law could not be tried."""
        self.findings.append(Finding(self.group, law, None, why))

    @property
    def broken(self) -> list[Finding]:
        """The laws that the server breaks."""
        return [finding for finding in self.findings if finding.kept is False]

    def facts(self) -> dict[str, Any]:
        """The report as JSON."""
        kept = sum(finding.kept is True for finding in self.findings)
        counts = {"kept": kept, "broken": len(self.broken), "untried": len(self.findings) - kept - len(self.broken)}
        return {"conforms": not self.broken, **counts, "findings": [asdict(finding) for finding in self.findings]}

    def lines(self) -> list[str]:
        """The report as a table, a law a line, and what was answered under each that is broken."""
        marks = {True: "kept", False: "BROKEN", None: "untried"}
        told = []
        for finding in self.findings:
            told.append(f"{marks[finding.kept]:<8} {finding.group:<11} {finding.law}")
            if finding.detail:
                told.append(f"{'':<20} {finding.detail}")
        facts = self.facts()
        return [*told, f"{facts['kept']} kept, {facts['broken']} broken, {facts['untried']} untried"]
