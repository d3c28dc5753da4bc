"""`flask coalition import-assortment`: what promotions know of a partner's products."""

from __future__ import annotations

from pathlib import Path

import click

from coalition import partners
from coalition.cli.processing import group, partner_by_code
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid


@group.command("import-assortment")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", "code", required=True, help="The partner whose products these are, by its code.")
@click.option("--program", "program_code", help="The program, where several have a partner of this code.")
def import_assortment(file: Path, code: str, program_code: str | None) -> None:
    """Describe the products of a table (sku, category_path, brand, name_en, name_ru, vat); exit 1 if any line is wrong.

    A product described before is described anew; those that the file does not name stay as they are.
    """
    table = file.read_bytes()
    partner = transact(lambda: partner_by_code(code, program_code))
    try:
        count = transact(lambda: partners.describe(partner.id, table))
    except Invalid as refusal:
        for one in refusal.errors:
            click.echo(f"{one.pointer or '/'}: {one.detail}")
        raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{count} products")
