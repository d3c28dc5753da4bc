"""Promotions are carried from one program to another as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Flask

from coalition import programs, promotions
from coalition.kernel.db import transact
from coalition.promotions import holdings
from tests.builders import a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_document


def test_promotions_go_from_one_program_to_another(app: Flask, tmp_path: Path) -> None:
    here, there = transact(lambda: a_program("here")), transact(lambda: a_program("there"))
    autumn = promotions.Campaign("autumn", "Autumn", "Осень", budget={"metric": "units", "value": 1_000})
    transact(lambda: promotions.save_campaign(here.id, autumn))
    document = a_document(campaign="autumn", group="mult")
    groups = {"mult": {"mode": "best", "scope": "line"}}
    first = transact(lambda: promotions.publish(here.id, [document], actor=ACTOR, groups=groups))
    cli, file = app.test_cli_runner(), tmp_path / "promotions.json"

    exported = cli.invoke(args=["coalition", "export-promotions", "here", str(file)])
    imported = cli.invoke(args=["coalition", "import-promotions", "there", str(file)])
    drafted = transact(lambda: promotions.one(there.id, "five"))
    published = cli.invoke(args=["coalition", "publish-promotions", "there", str(file), "--note", "moved"])

    assert [one.exit_code for one in (exported, imported, published)] == [0, 0, 0], imported.output
    assert "five: draft 1, 0 problems, 1 warnings" in imported.output
    assert (drafted.phase, drafted.draft) == ("draft", document)
    second = transact(lambda: promotions.ruleset(there.id))
    assert second is not None
    assert (second.documents, second.program["groups"], second.note) == (first.documents, groups, "moved")
    assert f"ruleset 1 of 1 promotions, sha256 {second.sha256.hex()}" in published.output


def test_a_file_that_is_no_good_is_told_by_its_places(app: Flask, tmp_path: Path) -> None:
    transact(lambda: a_program("coral"))
    cli, file = app.test_cli_runner(), tmp_path / "promotions.json"

    def told(command: str, given: Any) -> tuple[int, str]:
        file.write_text(given if isinstance(given, str) else json.dumps(given))
        words = ["--note", "x"] if command.startswith("publish") else []
        result = cli.invoke(args=["coalition", command, "coral", str(file), *words])
        return result.exit_code, result.output

    bad = {"promotions": [a_document("ok"), a_document("bad", piority=1)]}
    cases = {
        "is not JSON": ("publish-promotions", "{"),
        "/promotions/1/piority: Unknown: piority. Did you mean priority?": ("publish-promotions", bad),
        "/piority: Unknown: piority. Did you mean priority?": ("import-promotions", bad),
        "/promos: Unknown: promos. Did you mean promotions?": ("import-promotions", {"promos": []}),
        "/campaigns/0/name_ru": ("import-promotions", {"campaigns": [{"code": "a", "name_en": "A", "name_ru": ""}]}),
        "/campaigns/0: A campaign has a code": ("import-promotions", {"campaigns": [{"code": "a"}]}),
        "/groups/mult/mode": ("publish-promotions", {"groups": {"mult": {"mode": "some"}}}),
        "/setting/earn_on": ("publish-promotions", {"setting": {"exclude": None, "earn_on": "nothing"}}),
        "/setting/excluded": ("publish-promotions", {"setting": {"excluded": None}}),
        "/: An object with promotions": ("publish-promotions", []),
    }

    found = {wanted: told(*case) for wanted, case in cases.items()}

    assert {wanted: code for wanted, (code, _) in found.items()} == dict.fromkeys(cases, 1)
    assert [(wanted, said) for wanted, (_, said) in found.items() if wanted not in said] == []


def test_a_draw_is_committed_to_and_proved_from_the_command_line_and_never_held_by_it(app: Flask) -> None:
    from tests.coalition.purchases.builders import a_receipt, a_shop

    def play() -> str:
        shop = a_shop()
        tickets = {"kind": "draw.enter", "draw": "car", "tickets": 2}
        promotions.publish(shop.program.id, [a_document("car", tickets)], actor=ACTOR)
        shop.record(a_receipt(1000))
        return shop.program.code

    code, cli = transact(play), app.test_cli_runner()

    promised = cli.invoke(args=["coalition", "draw-commitment", code, "car"])
    early = cli.invoke(args=["coalition", "draw-winners", code, "car"])
    transact(lambda: holdings.hold_draw(programs.by_code(code).id, "car", prizes=1))
    held = cli.invoke(args=["coalition", "draw-winners", code, "car"])

    told = json.loads(held.output)
    assert told["commitment"] == promised.output.strip()
    assert [one["member_id"] for one in told["winners"]] == [one["member_id"] for one in told["entries"]]
    assert early.exit_code == 1
    assert "was not held" in early.output
