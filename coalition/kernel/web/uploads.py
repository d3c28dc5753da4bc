"""A file that a program sends: as the body of its request, or as the one file of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, cast

from flask import request

from coalition.kernel.errors import BadRequest, FieldError, Invalid


def sent_file(no_json: Callable[[], BadRequest]) -> tuple[BinaryIO, str]:
    """The file as a stream, and its name, which only a form tells. Raises `no_json` for a single JSON document,
    Invalid for a form without a file, or with several of which not exactly one is the part `file`."""
    if request.mimetype == "application/json":
        raise no_json()
    if request.mimetype != "multipart/form-data":
        return cast(BinaryIO, request.stream), ""
    named = request.files.getlist("file") or [file for _, file in request.files.items(multi=True)]
    if len(named) != 1:
        told = "Send one part `file`."
        raise Invalid("invalid", "The form has not one file.", [FieldError("/file", "required", told)])
    (one,) = named
    return cast(BinaryIO, one.stream), one.filename or ""
