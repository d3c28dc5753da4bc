"""For whom a passkey is good: the host under which we are looked at, which is one of ours, and our scheme."""

from __future__ import annotations

import ipaddress

from flask import request

from coalition.access.factors.passkeys import Site
from coalition.kernel import config

_NAME = "Coalition"


def site() -> Site:
    """Us, as the browser sees us in this request."""
    scheme = "https" if config.current().secure_cookies else "http"
    return Site(request.host.partition(":")[0], f"{scheme}://{request.host}", _NAME)


def has_a_name() -> bool:
    """Whether passkeys work here: browsers make none for a bare number."""
    host = request.host.rpartition(":")[0] or request.host
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False
