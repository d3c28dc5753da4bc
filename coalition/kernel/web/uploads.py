"""A file that a program sends: as the body of its request, or as the one file of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, cast

from flask import request

from coalition.kernel.errors import BadRequest, FieldError, Invalid


def sent_file(no_json: Callable[[], BadRequest]) -> tuple[BinaryIO, str]:
    """The file as a stream, and its name, which only a form tells. Raises `no_json` for a single JSON document,
    Invalid for a form without a file or with several of which none is the part `file`."""
    if request.mimetype == "application/json":
        raise no_json()
    if request.mimetype != "multipart/form-data":
        return cast(BinaryIO, request.stream), ""
    files = request.files
    one = files.get("file") or (next(iter(files.values())) if len(files) == 1 else None)
    if one is None:
        raise Invalid("invalid", "The form has no file.", [FieldError("/file", "required", "Send a part `file`.")])
    return cast(BinaryIO, one.stream), one.filename or ""
