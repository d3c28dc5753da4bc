"""What a partner's shell has to know to follow the quick start, as a file that it reads: `. var/partner.env`."""

from __future__ import annotations

import shlex
from typing import Any


def variables(facts: dict[str, Any]) -> str:
    """The demo's address, the credentials and an outlet of its first partner, and its member's card."""
    partner = facts["partners"][0]
    known = {
        "URL": facts["base_url"],
        "CLIENT_ID": partner["client_id"],
        "CLIENT_SECRET": partner["client_secret"],
        "OUTLET": partner["outlet"],
        "CARD": facts["member"]["card"],
    }
    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in known.items())
