"""Finance's pages of proofs: the signed heads and who countersigned them, the keys, the bundles, the verifier."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from flask import Blueprint, Response, render_template, send_file

from coalition import partners, programs
from coalition.console.frame import choices, chosen_program
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotYet
from coalition.ports import FileStore, StoredFile
from coalition.site.viewer import require_role
from settlement import proofs, statements

blueprint = Blueprint("proofs", "settlement", template_folder="templates", url_prefix="/console/proofs")
_HEADS, _BUNDLES = 24, 40


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """What has been signed, who has seen it, and every bundle that was written."""
    return render_template("settlement/proofs.html", nav="settlement", **transact(listed))


@blueprint.get("/<program>/<int:size>/checkpoint")
def checkpoint(program: str, size: int) -> Response:
    """The checkpoint of a head, with its witnesses."""
    text = transact(lambda: proofs.witnessed(proofs.at_size(_id(program), size)))
    return _file(text.encode(), f"{program}-{size}.checkpoint")


@blueprint.get("/<program>/<int:old>/<int:size>/consistency")
def consistency(program: str, old: int, size: int) -> Response:
    """The proof that one head's tree begins with an earlier one's."""
    text = transact(lambda: proofs.consistency(_id(program), old, size).text)
    return _file(text.encode(), f"{program}-{old}-{size}.consistency")


@blueprint.get("/bundles/<statement>")
def bundle(statement: str) -> Response:
    """A statement's bundle."""

    def work() -> tuple[str, StoredFile]:
        found = statements.get(ids.parse("stm", statement))
        stored = proofs.bundle_of(found.id)
        if stored is None:
            raise NotYet("bundle_not_ready", "The bundle is being written; try again in a minute.")
        return f"{found.number.replace('/', '-')}.zip", stored

    name, stored = transact(work)
    file = ports.get(FileStore).open(stored.key)
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=name, etag=stored.sha256)


@blueprint.get("/verifier.pyz")
def verifier() -> Response:
    """The verifier as one file."""
    return _file(proofs.packaged(), "verifier.pyz")


def listed() -> dict[str, Any]:
    """The signed heads of the chosen program, their keys and witnesses, and the latest bundles."""
    program = chosen_program()
    found = proofs.heads(program.id, _HEADS + 1)
    signed, codes = proofs.cosignatures([head.id for head in found]), proofs.period_codes(program.id)
    shown = [
        {
            "size": head.size,
            "before": before.size if before else None,
            "root": head.root.hex(),
            "at": head.at,
            "periods": codes.get(head.size, []),
            "witnesses": [{"name": one.witness.key.name, "at": one.signed_at} for one in signed.get(head.id, ())],
        }
        for head, before in zip_longest(found, found[1:])
    ]
    names = {partner.id: partner.name for partner in partners.list_partners(program.id)}
    return {
        **choices(program),
        "heads": shown[:_HEADS],
        "keys": [str(key) for key in proofs.keys(program.id)],
        "witnesses": [
            {"name": one.key.name, "partner": names.get(one.partner_id, ""), "key": str(one.key)}
            for one in proofs.witnesses(program.id)
        ],
        "bundles": [_bundle(*one) for one in proofs.kept(program.id, _BUNDLES)],
        "bundles_most": _BUNDLES,
    }


def _bundle(statement_id: int, stored: StoredFile) -> dict[str, Any]:
    statement = statements.get(statement_id)
    return {
        "id": ids.public("stm", statement_id),
        "number": statement.number,
        "party": statement.parties["party"]["name"],
        "size": stored.size,
        "sha256": stored.sha256,
    }


def _id(code: str) -> int:
    return programs.by_code(code).id


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type="application/octet-stream", headers=headers)
