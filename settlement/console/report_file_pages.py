"""Reports as files: asked for, followed, cancelled and downloaded."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Response, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import access, programs
from coalition.kernel import ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web import workbook
from coalition.kernel.web.language import language
from coalition.kernel.web.pages import use_zone
from coalition.ports import FileStore
from settlement import reports
from settlement.console.report_pages import blueprint, first_program
from settlement.console.report_words import word
from settlement.reports import files

_REFRESH_S = 4
_CHUNK = 1 << 16
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": workbook.MIMETYPE}


@blueprint.post("/<code>/file")
def ask(code: str) -> BaseResponse:
    """Ask for a report as a file."""
    args = {name: value for name, value in request.form.items() if name != "csrf_token" and value}
    form = args.pop("format", "")
    transact(lambda: files.ask(code, form, args, language=language()))
    return redirect(url_for("reports.files"), code=303)


@blueprint.get("/files", endpoint="files")
def index() -> str:
    """Every file that was asked for, the latest first."""
    rows = transact(listed)
    waits = any(not one["over"] for one in rows)
    return render_template(
        "settlement/reports/files.html", nav="settlement", files=rows, refresh_s=_REFRESH_S if waits else 0
    )


@blueprint.get("/files/<int:number>")
def file(number: int) -> Response:
    """A file as it was stored; one that is thrown away is not there."""
    found = transact(lambda: files.get(number))
    if found.file_key is None:
        raise NotFound()
    try:
        content = ports.get(FileStore).open(found.file_key)
    except FileNotFoundError:
        raise NotFound() from None
    name = f"{found.report}-{found.params.get('program', '')}-{found.asked_at:%Y%m%d}-{number}.{found.format}"
    answer = Response(stream_with_context(iter(lambda: content.read(_CHUNK), b"")), content_type=_TYPES[found.format])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Length"] = str(found.size)
    answer.call_on_close(content.close)
    return answer


@blueprint.post("/files/<int:number>/cancel")
def cancel(number: int) -> BaseResponse:
    """Have it no more; one that is over stays as it is."""
    with suppress(Conflict):
        transact(lambda: files.cancel(number))
    return redirect(url_for("reports.files"), code=303)


def listed() -> list[dict[str, Any]]:
    """Every file that was asked for, the latest first."""
    use_zone(programs.by_code(first_program()).zone)
    found = files.listed()
    names = {program.id: program.name for program in programs.list_programs()}
    people = access.names({one.asked_by for one in found})
    return [_row(one, names) | {"asked_by": people.get(one.asked_by, one.asked_by)} for one in found]


def _row(one: files.Asked, names: dict[int, str]) -> dict[str, Any]:
    params = one.params
    fields = reports.kind(one.report).fields
    days = " – ".join(params[name] for name in ("on", "since", "until") if name in fields)
    return {
        "id": one.id,
        "name": word(one.report),
        "program": names.get(one.program_id, ""),
        "about": " · ".join(part for part in (days, params.get("entity"), one.format.upper()) if part),
        "state": one.state,
        "over": one.over,
        "done": one.done,
        "total": one.total,
        "asked_at": one.asked_at,
        "keep_until": one.keep_until,
        "size": one.size,
        "error": one.error,
    }
