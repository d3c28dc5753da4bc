"""How good the ledger's tests are: `python -m tests.mutation.ledger_sql [--sample 150] [--seed 3]`.

Most of the ledger's arithmetic is SQL, which mutation tools for Python do not see. Each mutant (`mutants.py`) is one
slip in one file of `coalition/ledger/sql`; the ledger's own tests judge it, and a short run of the state machine
(`judging.py`): the first test that fails kills it, and so does one that never ends (`court.py`). What the database does
not accept is no mutant. Survivors are printed; those known to change nothing stand in `EQUIVALENT`.

The mutants are taken in an order that the seed decides. `--without FILE` leaves out those whose names stand in a file,
such as what earlier runs told, so that the sample is one that nobody has looked at. `--named FILE` judges just those,
as after new tests.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.mutants import Mutant, mutants

SQL = Path(__file__).resolve().parents[2] / "coalition" / "ledger" / "sql"
JUDGES = ("tests/coalition/ledger", "tests/mutation/judging.py")
FEWER = {"TWO_SPEEDS": "50"}  # examples of what takes longest
_TOLD = re.compile(r"^(?:\w+ +(?:[\d.]+ s +)?(?=\w+\.sql))|  \(line \d+\)$")
MACHINERY = ("stage.sql",)  # no arithmetic: a temporary table


def main() -> None:
    """Judge a sample and print what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--named", type=Path)
    parser.add_argument("--without", type=Path)
    asked = parser.parse_args()
    every = [one for file in sorted(SQL.glob("*.sql")) if file.name not in MACHINERY for one in mutants(file)]
    known, named = (_names(path) for path in (asked.without, asked.named))
    mixed = sorted(every, key=lambda mutant: sha256(f"{asked.seed} {mutant.what}".encode()).digest())
    fitting = [one for one in mixed if one.what not in known and (not asked.named or one.what in named)]
    chosen = fitting if asked.named else fitting[: asked.sample]
    _tell(len(every), _judged(chosen, time.monotonic() + 60 * asked.minutes))


def _names(path: Path | None) -> set[str]:
    """The names in a file: one on a line, bare or as a run tells it, with its end, seconds and line."""
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    return {_TOLD.sub("", line) for line in lines}


def _judged(chosen: Sequence[Mutant], until: float) -> list[tuple[str, str]]:
    os.environ.update(FEWER)
    import pytest

    from tests.mutation.court import Court

    ends: list[tuple[str, str]] = []

    def note(end: str, mutant: Mutant, seconds: float = 0.0) -> None:
        ends.append((end, mutant.what))
        print(f"{end:10} {seconds:5.1f} s  {mutant.what}  (line {mutant.line})", file=sys.stderr, flush=True)

    def cases() -> Iterator[Mutant]:
        for mutant in chosen:
            if time.monotonic() > until:
                return
            if mutant.what in EQUIVALENT:
                note("equivalent", mutant)
            else:
                yield mutant

    with tempfile.TemporaryDirectory(prefix="mutants-") as home:
        options = ["-s", "-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={home}/t", *JUDGES]
        pytest.main(options, plugins=[Court(cases(), note)])
    return ends


def _tell(every: int, ends: Sequence[tuple[str, str]]) -> None:
    for end, name in sorted(ends):
        if end == "survived":
            print(f"survived {name}")
    told = Counter(end for end, _ in ends)
    killed = told["killed"] + told["timeout"]
    judged = killed + told["survived"]
    print(f"{every} mutants, {judged} judged, {killed} killed ({killed / max(1, judged):.1%}); {dict(told)}")


if __name__ == "__main__":
    main()
