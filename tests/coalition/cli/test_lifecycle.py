"""`flask coalition program-state | halt`, as an operator types them."""

from __future__ import annotations

from flask import Flask

from coalition import programs
from coalition.kernel.db import transact
from tests.builders import a_program
from tests.coalition.programs.builders import today


def test_a_program_is_led_through_its_life(app: Flask) -> None:
    transact(lambda: a_program("coral", state="draft"))
    cli = app.test_cli_runner()

    told = [
        cli.invoke(args=["coalition", "program-state", "coral", *words])
        for words in ([], ["live"], ["draft"], ["sunset"], ["sunset", "--ends-on", f"{today()}"], ["ended"])
    ]

    assert [one.exit_code for one in told] == [0, 0, 1, 1, 0, 1]
    assert told[0].output == "coral: draft\n"
    assert "bad_transition" in told[2].output
    assert "policy_unsound" in told[3].output
    assert told[4].output == f"coral: sunset, points can be spent until {today()}\n"


def test_a_program_is_halted_by_hand(app: Flask) -> None:
    program = transact(lambda: a_program("coral"))
    cli = app.test_cli_runner()

    halted = cli.invoke(args=["coalition", "halt", "coral", "--reason", "a strange balance"])
    again = cli.invoke(args=["coalition", "halt", "coral", "--reason", "again"])
    unknown = cli.invoke(args=["coalition", "halt", "nobody", "--reason", "x"])

    assert (halted.exit_code, again.exit_code, unknown.exit_code) == (0, 1, 1)
    assert transact(lambda: programs.get(program.id)).halt_reason == "a strange balance"
