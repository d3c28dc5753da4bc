"""Floor 4: the only place that knows vendors' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from catalog.ports import FeedSource
    from coalition.kernel.config import Config
    from coalition.kernel.entrance import MailAccess
    from coalition.ports import Mailer


def init_app(app: Flask) -> None:
    """Bind every adapter to its port, and open this floor's doors."""
    from catalog.ports import BookingSearch, FeedSource, ImageSource, PaymentProvider, SupplierGateway
    from coalition.cli import processing
    from coalition.kernel import ports
    from coalition.ports import FileStore, ForeignProgram, Mailer, RegistryBucket, WebhookSender
    from integrations.bank.files import IsoBankFiles
    from integrations.bank.provider import BankProvider
    from integrations.conformance.cli import conformance
    from integrations.demo import cli
    from integrations.files.disk import DiskStore
    from integrations.files.s3 import S3Buckets, S3Store
    from integrations.guarded import networks
    from integrations.programs.gateway import HttpForeignProgram
    from integrations.suppliers.gateway import ProtocolGateway
    from integrations.suppliers.guard import DatabaseGuard
    from integrations.suppliers.image_source import HttpImageSource
    from integrations.suppliers.searching import SupplierSearch
    from integrations.webhooks.sender import HttpWebhookSender
    from settlement.ports import BankFiles, PayoutProvider

    app.cli.add_command(cli.demo)
    app.cli.add_command(cli.demo_seed)
    processing.group.add_command(conformance)
    config = app.config["COALITION"]
    with app.app_context():
        if config.s3:
            ports.bind(RegistryBucket, S3Buckets(config.s3))
        if config.s3 and config.files_bucket:
            ports.bind(FileStore, S3Store(config.s3, config.files_bucket))
        else:
            ports.bind(FileStore, DiskStore(config.files_dir))
        ports.bind(ForeignProgram, HttpForeignProgram())
        ports.bind(WebhookSender, HttpWebhookSender(networks(config.outbound_networks)))
        if config.mail:
            ports.bind(Mailer, _mailer(config.mail))
        if config.payments:
            from integrations.payments.payouts import StripePayouts
            from integrations.payments.stripe import StripeProvider
            from settlement.ports import PayoutProvider

            ports.bind(PaymentProvider, StripeProvider(config.payments))
            ports.bind(PayoutProvider, StripePayouts(config.payments), name=StripePayouts.name)
        ports.bind(BankFiles, IsoBankFiles())
        ports.bind(PayoutProvider, BankProvider(), name=BankProvider.name)
        ports.bind(FeedSource, _feed_sources(config))
        ports.bind(ImageSource, HttpImageSource(networks(config.outbound_networks)))
        ports.bind(SupplierGateway, ProtocolGateway(guard=DatabaseGuard()))
        ports.bind(BookingSearch, SupplierSearch(guard=DatabaseGuard()))


def _mailer(access: MailAccess) -> Mailer:
    """Who carries our mails."""
    from integrations.mail.ses import SesMailer
    from integrations.mail.smtp import SmtpMailer

    return SesMailer(access) if access.scheme == "ses" else SmtpMailer(access)


def _feed_sources(config: Config) -> FeedSource:
    """Where feeds may lie: the web, SFTP servers, and buckets if we have a key to any."""
    from integrations.guarded import networks
    from integrations.suppliers.feed_bucket import BucketFeedSource
    from integrations.suppliers.feed_sftp import SftpFeedSource
    from integrations.suppliers.feed_source import FeedSources, HttpFeedSource

    admitted = networks(config.outbound_networks)
    web = HttpFeedSource(admitted)
    more: dict[str, FeedSource] = {"s3": BucketFeedSource(config.s3)} if config.s3 else {}
    return FeedSources(http=web, https=web, sftp=SftpFeedSource(admitted), **more)
