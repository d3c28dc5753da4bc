"""A committed run of which everything is paid by bank."""

from __future__ import annotations

import pytest

from settlement.payouts import Run
from tests.settlement.builders import Coalition
from tests.settlement.payouts.bank.builders import a_committed_run, give_accounts
from tests.settlement.payouts.builders import Finance


@pytest.fixture
def people(coalition: Coalition, finance: Finance) -> Finance:
    give_accounts(coalition, finance)
    return finance


@pytest.fixture
def run(coalition: Coalition, people: Finance) -> Run:
    return a_committed_run(coalition, people)
