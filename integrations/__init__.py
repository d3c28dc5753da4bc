"""Floor 4: the only place that knows vendors' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Bind every adapter to its port, and open this floor's doors."""
    from catalog.ports import FeedSource, SupplierGateway
    from coalition.kernel import ports
    from coalition.ports import FileStore, ForeignProgram
    from integrations.demo import cli
    from integrations.files.disk import DiskStore
    from integrations.programs.gateway import HttpForeignProgram
    from integrations.suppliers.feed_source import HttpFeedSource
    from integrations.suppliers.gateway import HttpSupplierGateway

    app.cli.add_command(cli.demo)
    app.cli.add_command(cli.demo_seed)
    with app.app_context():
        ports.bind(FileStore, DiskStore(app.config["COALITION"].files_dir))
        ports.bind(ForeignProgram, HttpForeignProgram())
        ports.bind(FeedSource, HttpFeedSource())
        ports.bind(SupplierGateway, HttpSupplierGateway())
