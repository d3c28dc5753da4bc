"""Floor 4: the only place that knows vendors' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Bind every adapter to its port, and open this floor's doors."""
    from catalog.ports import BookingSearch, FeedSource, PaymentProvider, SupplierGateway
    from coalition.kernel import ports
    from coalition.ports import FileStore, ForeignProgram, RegistryBucket
    from integrations.demo import cli
    from integrations.files.disk import DiskStore
    from integrations.files.s3 import S3Buckets, S3Store
    from integrations.programs.gateway import HttpForeignProgram
    from integrations.suppliers.feed_source import HttpFeedSource
    from integrations.suppliers.gateway import ProtocolGateway
    from integrations.suppliers.guard import DatabaseGuard
    from integrations.suppliers.searching import SupplierSearch

    app.cli.add_command(cli.demo)
    app.cli.add_command(cli.demo_seed)
    config = app.config["COALITION"]
    with app.app_context():
        if config.s3:
            ports.bind(RegistryBucket, S3Buckets(config.s3))
        if config.s3 and config.files_bucket:
            ports.bind(FileStore, S3Store(config.s3, config.files_bucket))
        else:
            ports.bind(FileStore, DiskStore(config.files_dir))
        ports.bind(ForeignProgram, HttpForeignProgram())
        if config.payments:
            from integrations.payments.stripe import StripeProvider

            ports.bind(PaymentProvider, StripeProvider(config.payments))
        ports.bind(FeedSource, HttpFeedSource())
        ports.bind(SupplierGateway, ProtocolGateway(guard=DatabaseGuard()))
        ports.bind(BookingSearch, SupplierSearch(guard=DatabaseGuard()))
