"""The 46 numbered cases of the security plan (4.2): each is a test that bears its number, and no number is made up."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_CASES = set(range(1, 47))
_NUMBERED = re.compile(r"test_((?:[0-9]{2}_)+)")


def test_each_of_the_numbered_cases_is_a_test() -> None:
    here = Path(__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(here.glob("test_*.py"))]
    names = [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]

    found = {int(no) for name in names if (at := _NUMBERED.match(name)) for no in at[1].strip("_").split("_")}

    assert found == _CASES
