"""The act of reconciliation as a page that prints, and as PDF: for finance, and by the same functions for the partner.

`run` names a reconciliation whose differences are summed up in it.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from coalition.kernel.db import transact
from coalition.kernel.web.language import spoken
from settlement.console.act_view import Printed, read, shown


def register(blueprint: Blueprint) -> None:
    """Let these pages be part of the blueprint of reconciliations."""
    blueprint.add_url_rule("/acts/<int:entity_id>/<period>", "act", page)
    blueprint.add_url_rule("/acts/<int:entity_id>/<period>.pdf", "act_pdf", pdf)


def page(entity_id: int, period: str) -> str:
    """The act as a page."""
    act = transact(lambda: read(entity_id, period, request.args.get("run")))
    return render_template("settlement/act.html", nav="settlement", run=request.args.get("run"), **shown(act))


def pdf(entity_id: int, period: str) -> Response:
    """The act on paper, in the language of `?lang=`, else the viewer's."""
    return file(transact(lambda: read(entity_id, period, request.args.get("run"))))


def file(act: Printed) -> Response:
    """An act that was read, as PDF in the language of `?lang=`, else the viewer's."""
    from settlement.console import act_paper  # a typesetter of 20 MB, which few processes need

    with spoken(request.args.get("lang")) as language:
        paper = act_paper.printed(act)
    period = act.period
    name = f"act-{act.entity.code}-{period}-{language}.pdf"
    return Response(
        paper, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
