"""The court: a pytest plugin that judges mutants by the tests that touch what they change.

The tests run once without a mutant, and it is noted how long each takes and what of the ledger's SQL it may come to:
the functions and views named in its statements, and whatever these name. Then every mutant is put into the two
databases (the tests' own and the template of fresh ones), or in the place of the statement's text, and the tests that
may come to it run in a forked process, the quickest first, until one fails.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from _pytest.runner import runtestprotocol
from flask import Flask
from hypothesis import Phase, settings

from coalition.kernel.db import db, load_sql
from coalition.ledger import bulk, drawing, issuing, queries
from tests.databases import template_url
from tests.mutation.mutants import Mutant

SQL = Path(queries.__file__).parent / "sql"
PATIENCE_S = 120
_WORD = re.compile(r"\w+")
_DEFINED = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)")
# What only the database's reading of the text finds wrong: such a text is no slip that anybody could ship.
_NO_SQL = re.compile(r"psycopg\.errors\.(Syntax|Undefined|Datatype|Grouping|Ambiguous|Windowing|InvalidColumnRef)")
_KNOWN = """
    SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     UNION ALL SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"""
_SURVIVED, _KILLED, _INVALID = range(3)


class Court:
    """Judges what `cases` gives, one after the other; `told` is given (how it ended, the mutant, seconds)."""

    def __init__(self, cases: Iterator[Mutant], told: Callable[[str, Mutant, float], None]) -> None:
        self._cases, self._told = cases, told
        self._fixtures: dict[str, Any] = {}
        self._took: dict[pytest.Item, float] = {}
        self._touched: dict[pytest.Item, set[str]] = {}
        self._seen: set[str] = set()

    def pytest_collection(self) -> None:
        """The same examples for every mutant, and none made smaller."""
        settings.register_profile(
            "court", deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
        )
        settings.load_profile("court")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Keep the application and its configuration at hand."""
        self._fixtures[fixturedef.argname] = made = yield
        return made

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests once, then judge."""
        self._rehearse(session.items)
        application: Flask = self._fixtures["application"]
        with application.app_context():
            db.engine.dispose()
        for mutant in self._cases:
            began = time.monotonic()
            self._told(self._judge(mutant), mutant, time.monotonic() - began)
        return True

    def _rehearse(self, items: Sequence[pytest.Item]) -> None:
        names = _names()
        execute = psycopg.Cursor.execute

        def noted(cursor: Any, query: Any, *rest: Any, **more: Any) -> Any:
            self._seen |= set(_WORD.findall(query.decode() if isinstance(query, bytes) else str(query))) & names.keys()
            return execute(cursor, query, *rest, **more)

        psycopg.Cursor.execute = noted  # type: ignore[method-assign]
        _load_by(lambda file, name: self._seen.add(name) or load_sql(file, name))
        for item, following in zip(items, [*items[1:], items[0]], strict=True):
            self._seen = set()
            reports = runtestprotocol(item, nextitem=following, log=False)
            for report in reports:
                assert not report.failed, f"{item.nodeid} fails without any mutant:\n{report.longreprtext}"
            self._took[item] = sum(report.duration for report in reports)
            self._touched[item] = _closure(self._seen, names)
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
        _load_by(load_sql)

    def _judge(self, mutant: Mutant) -> str:
        original = (SQL / mutant.file).read_text(encoding="utf-8")
        concerned = set(_DEFINED.findall(original)) or {mutant.file}
        judges = sorted((item for item, of in self._touched.items() if of & concerned), key=self._took.__getitem__)
        if concerned == {mutant.file}:
            return self._verdict(judges, mutant)
        try:
            self._install(mutant.text)
            return self._verdict(judges, None)
        except psycopg.Error:
            return "invalid"
        finally:
            self._install(original)

    def _install(self, text: str) -> None:
        for url in (template_url(), self._fixtures["base_config"].owner_url):
            with psycopg.connect(url.replace("+psycopg", "")) as owner:
                owner.execute(text.encode())

    def _verdict(self, judges: Sequence[pytest.Item], statement: Mutant | None) -> str:
        child = os.fork()
        if child == 0:
            os.setsid()
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            if statement is not None:
                _load_by(lambda file, name: statement.text if name == statement.file else load_sql(file, name))
            os._exit(_try(judges))
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return {_SURVIVED: "survived", _INVALID: "invalid"}.get(os.waitstatus_to_exitcode(status), "killed")
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "timeout"


def _try(judges: Sequence[pytest.Item]) -> int:
    for item, following in zip(judges, [*judges[1:], judges[0]] if judges else [], strict=True):
        failed = [report for report in runtestprotocol(item, nextitem=following, log=False) if report.failed]
        if failed:
            return _INVALID if _NO_SQL.search(failed[0].longreprtext) else _KILLED
    return _SURVIVED


def _load_by(load: Callable[[str, str], str]) -> None:
    for module in (bulk, drawing, issuing, queries):
        module.load_sql = load  # type: ignore[attr-defined]


def _names() -> dict[str, set[str]]:
    """The functions and views of the database, each with those that its text names."""
    with psycopg.connect(template_url().replace("+psycopg", "")) as owner:
        texts = dict(owner.execute(_KNOWN).fetchall())
    return {name: set(_WORD.findall(text)) & texts.keys() for name, text in texts.items()}


def _closure(seen: set[str], names: dict[str, set[str]]) -> set[str]:
    reached, new = set(seen), set(seen)
    while new:
        new = {called for name in new for called in names.get(name, ())} - reached
        reached |= new
    return reached
