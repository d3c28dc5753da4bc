"""Pictures of products, from our own store and under an address that names their content, so that they never change."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

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
    return _form(found.picture, found.picture_width, width)


def gallery(found: rewards.Reward, shown: int) -> list[dict[str, Any]]:
    """All pictures of the reward's card, from 1, each small and large, `here` the one that is to be looked at.

    Empty where there are not at least two; a number that no picture has means the first.
    """
    if found.product_id is None or found.picture is None or found.picture_width is None:
        return []
    more = [(one.sha256, one.width) for one in rewards.gallery(found.product_id, found.picture)]
    every = [(found.picture, found.picture_width), *more]
    here = shown if 1 <= shown <= len(every) else 1
    told = [
        {"number": at, "small": _form(*one, 160), "large": _form(*one, 640), "here": at == here}
        for at, one in enumerate(every, 1)
    ]
    return told if more else []


def _form(sha256: str, largest: int, width: int) -> str:
    return url_for("catalog.picture", sha256=sha256, width=rewards.form_near(largest, width))
