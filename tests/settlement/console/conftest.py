"""The pages of reports show the same worked example that the reports are tested with."""

from __future__ import annotations

from tests.settlement.reports.conftest import example  # noqa: F401
