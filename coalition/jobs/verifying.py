"""Verifying: every integrity law is asked once an hour, and what offends one that halts stops redemptions."""

from __future__ import annotations

from coalition import programs
from coalition.kernel import jobs, laws
from coalition.kernel.db import transact
from coalition.kernel.logs import logger

_LAW_LEASE_S = 1800
log = logger(__name__)


@jobs.handles("coalition.verify")
def verify(task: jobs.Task) -> None:
    """Ask every law; what one that halts finds, halts the redemptions of the programs concerned.

    A law is asked outside of the job's own transaction: it may take long, and must keep nobody's watermark waiting.
    """
    for law in laws.laws():
        task.step(lambda: None, lease_s=_LAW_LEASE_S)
        finding = transact(lambda law=law: laws.ask(law))  # type: ignore[misc]
        task.step(lambda finding=finding: _judge(finding))  # type: ignore[misc]
    task.step(laws.forget_others)


def _judge(finding: laws.Finding) -> None:
    laws.remember(finding)
    halted = programs.answer_for(finding)
    if finding.rows:
        log.error("law.offended", law=finding.law.code, rows=finding.rows, halted=halted)


jobs.every("coalition.verify", 3600, "coalition.verify")
