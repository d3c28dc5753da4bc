"""A statement as a file that is kept: PDF, workbook, CSV; for finance and for the partner alike.

`?lang=` names the language of the file; without it the viewer's own is spoken.
"""

from __future__ import annotations

from tempfile import TemporaryFile

from flask import Response, request, send_file, stream_with_context

from coalition.kernel import ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotYet
from coalition.kernel.web.language import spoken
from coalition.kernel.web.sheets import download
from coalition.kernel.web.workbook import MIMETYPE
from coalition.ports import FileStore
from settlement import proofs
from settlement.console import exports, statement_book
from settlement.statements import Statement


def pdf(statement: Statement) -> Response:
    """The statement on paper."""
    from settlement.console import statement_paper  # a typesetter of 20 MB, which few processes need

    with spoken(request.args.get("lang")) as language:
        paper = statement_paper.pdf(statement)
    headers = {"Content-Disposition": f'attachment; filename="{_name(statement)}-{language}.pdf"'}
    return Response(paper, content_type="application/pdf", headers=headers)


def xlsx(statement: Statement) -> Response:
    """The statement as a workbook, written to disk first: it may be large."""
    target = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    with spoken(request.args.get("lang")) as language:
        statement_book.write(statement, target)
    target.seek(0)
    return send_file(target, MIMETYPE, as_attachment=True, download_name=f"{_name(statement)}-{language}.xlsx")


def entries_csv(statement: Statement) -> Response:
    """Every entry beneath the statement, sent while it is read."""
    return download(stream_with_context(exports.entry_rows(statement)), f"{_name(statement)}.csv")


def documents_csv(statement: Statement) -> Response:
    """The document lines."""
    return download(stream_with_context(exports.document_rows(statement)), f"{_name(statement)}-documents.csv")


def bundle(statement: Statement) -> Response:
    """The bundle as it was kept. Raises NotYet until it is written, some moments after the close."""
    stored = transact(lambda: proofs.bundle_of(statement.id))
    if stored is None:
        raise NotYet("bundle_not_ready", "The bundle is being written; try again in a minute.")
    file = ports.get(FileStore).open(stored.key)  # type: ignore[type-abstract]
    return send_file(file, "application/zip", as_attachment=True, download_name=f"{_name(statement)}.zip")


def _name(statement: Statement) -> str:
    return "statement-" + statement.number.replace("/", "-")
