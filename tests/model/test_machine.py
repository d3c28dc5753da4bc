"""Whatever happens to wallets, in whatever order, the ledger and the reference answer and hold the same.

The runs are shared out over two classes, because the test processes share out classes.
"""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine

RUNS, STEPS, SHARES = 200, 50, 4


def _run_a_share() -> None:
    checked = settings(
        max_examples=RUNS // SHARES,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=checked)


@pytest.mark.parametrize("share", range(SHARES // 2))
class TestOneHalfOfTheRuns:
    def test_the_ledger_and_the_reference_agree(self, moving: Flask, share: int) -> None:
        _run_a_share()


@pytest.mark.parametrize("share", range(SHARES // 2))
class TestTheOtherHalfOfTheRuns:
    def test_the_ledger_and_the_reference_agree(self, moving: Flask, share: int) -> None:
        _run_a_share()
