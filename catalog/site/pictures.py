"""Pictures of products, from our own store and under an address that names their content, so that they never change."""

from __future__ import annotations

import re
from typing import BinaryIO

from flask import Response, send_file, url_for

from catalog import rewards
from catalog.site.blueprint import blueprint
from coalition.kernel import ports
from coalition.kernel.errors import NotFound
from coalition.ports import FileStore

_SHA256 = re.compile(r"[0-9a-f]{64}")
_YEAR_S = 31_536_000


@blueprint.get("/pictures/<sha256>-<int:width>.webp")
def picture(sha256: str, width: int) -> Response:
    """One form of a picture."""
    if not _SHA256.fullmatch(sha256) or not 1 <= width <= rewards.WIDTHS[-1]:
        raise NotFound()
    try:
        file: BinaryIO = ports.get(FileStore).open(rewards.picture_key(sha256, width))
    except FileNotFoundError:
        raise NotFound() from None
    answer = send_file(file, mimetype="image/webp", max_age=_YEAR_S, etag=sha256)
    answer.cache_control.public = True
    answer.cache_control.immutable = True
    return answer


def picture_url(found: rewards.Reward, width: int = 640) -> str | None:
    """Where the reward's picture lies in a width near this one; None if it has none yet."""
    if found.picture is None or found.picture_width is None:
        return None
    return url_for("catalog.picture", sha256=found.picture, width=rewards.form_near(found.picture_width, width))
