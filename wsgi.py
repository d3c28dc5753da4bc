"""The composition root: the only module that knows every floor. Nobody imports it."""

from __future__ import annotations

from flask import Flask

import catalog
import coalition
import integrations
import settlement
from coalition.kernel.config import Config, load
from coalition.kernel.garbage import no_search_for_cycles


def create_app(config: Config | None = None) -> Flask:
    """The application of one process, from `config` or the environment. Raises ConfigError with every problem."""
    app = Flask("coalition")
    app.config["COALITION"] = config or load()
    with no_search_for_cycles():  # a thousand modules are loaded, and hardly anything of them is garbage
        coalition.init_app(app)
        catalog.init_app(app)
        settlement.init_app(app)
        integrations.init_app(app)
    return app
