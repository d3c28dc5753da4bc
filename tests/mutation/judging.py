"""A short run of the state machine that judges mutants; not part of the suite, which has the long one."""

from __future__ import annotations

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.conftest import moving
from tests.model.machine import Machine

__all__ = ["moving"]
RUNS, STEPS = 12, 50


def test_the_ledger_and_the_reference_agree(moving: Flask) -> None:
    checked = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Machine, settings=checked)
