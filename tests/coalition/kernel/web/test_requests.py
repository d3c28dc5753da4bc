"""Who asks: the address that the brakes count by is the client's, whoever stands between and whatever it pretends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import request, request_started

from coalition.kernel.config import Config
from wsgi import create_app


@pytest.mark.parametrize(
    ("proxies", "said", "asks"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 192.0.2.9", "203.0.113.7"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_as_many_proxies_as_are_trusted_are_believed(
    base_config: Config, proxies: int, said: str, asks: str
) -> None:
    app = create_app(replace(base_config, trusted_proxies=proxies))
    seen: list[str | None] = []

    with request_started.connected_to(lambda *_, **__: seen.append(request.remote_addr), app):
        app.test_client().get("/healthz", headers={"X-Forwarded-For": said})

    assert seen == [asks]
