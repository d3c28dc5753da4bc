"""`flask db`: the commands of Flask-Migrate, loaded with Alembic when one is given: no other process needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import Flask

from coalition.kernel.db import db


class Migrating(click.Command):
    """Stands for the group of commands until it is given."""

    def __init__(self, app: Flask, folder: Path) -> None:
        super().__init__("db", help="Perform database migrations.")
        self._app, self._folder = app, folder

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of Flask-Migrate's own group."""
        from flask_migrate import Migrate
        from flask_migrate.cli import db as group

        Migrate(self._app, db, directory=str(self._folder))
        made: click.Context = group.make_context(info_name, args, parent, **extra)
        return made
