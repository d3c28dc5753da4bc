"""Exchanges into foreign programs: the question is put outside of every transaction, the answer taken in one."""

from __future__ import annotations

from coalition import wallets
from coalition.kernel import crash, jobs, ports
from coalition.ports import ForeignOutcome, ForeignProgram, NotNow

_CHUNK = 1000
_BACKOFF_S = (2, 5, 15, 60, 300)


@jobs.handles(wallets.EXCHANGE_JOB)
def ask_foreign_program(task: jobs.Task) -> None:
    """Ask a foreign program to credit an exchange or to take it back, until it has answered one way or the other."""
    leg_id = task.args["leg_id"]
    question = task.step(lambda: wallets.ask(leg_id))
    if question is None:
        return
    outcome = _put(question)
    if isinstance(outcome, wallets.Decided):
        task.finish(lambda: wallets.answered(leg_id, outcome))
    elif (state := task.step(lambda: wallets.answered(leg_id, outcome))) not in ("confirmed", "rejected"):
        pause_s = max(outcome.after_s, _BACKOFF_S[min(question.checks, len(_BACKOFF_S) - 1)])
        raise jobs.Retry(pause_s, f"the exchange is {state}")


@jobs.handles("exchanges.wake")
def wake_exchanges(task: jobs.Task) -> None:
    """Let no undecided exchange be without a job, whatever became of its first one."""
    while task.step(lambda: wallets.wake(_CHUNK)) == _CHUNK:
        pass


def _put(question: wallets.Question) -> ForeignOutcome:
    program = ports.get(ForeignProgram)
    outcome: ForeignOutcome = NotNow(0)
    crash.point("before_rpc")
    if question.look_first:
        outcome = program.status(question.access, question.ref)
    if isinstance(outcome, NotNow) and question.direction == "out":
        outcome = program.credit(question.access, question.ref, question.account, question.amount)
    elif isinstance(outcome, NotNow):
        outcome = program.take_back(question.access, question.ref, question.credit_ref)
    crash.point("after_rpc_before_record")
    return outcome


jobs.every("exchanges.wake", 60, "exchanges.wake")
