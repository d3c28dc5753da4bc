"""Floor 4: the only place that knows vendors' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from catalog.ports import BookingSearch, FeedSource, ImageSource, SupplierGateway
    from coalition.kernel.config import Config, PaymentAccess
    from coalition.kernel.entrance import MailAccess
    from coalition.ports import ForeignProgram, Mailer, WebhookSender
    from settlement.ports import BankFiles


def init_app(app: Flask) -> None:
    """Offer every adapter for its port, and open this floor's doors.

    What speaks with others brings clients, vendors' SDKs and certificates with it: it is made when it is asked for.
    """
    from functools import partial

    from catalog.ports import BookingSearch, FeedSource, ImageSource, SupplierGateway
    from coalition.cli import processing
    from coalition.kernel import ports
    from coalition.ports import FileStore, ForeignProgram, Mailer, RegistryBucket, WebhookSender
    from integrations.bank.provider import BankProvider
    from integrations.conformance.cli import conformance
    from integrations.demo import cli
    from integrations.files.disk import DiskStore
    from integrations.files.s3 import S3Buckets, S3Store
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
        ports.bind(PayoutProvider, BankProvider(), name=BankProvider.name)
        ports.offer(ForeignProgram, _foreign_program)
        ports.offer(WebhookSender, partial(_webhook_sender, config))
        if config.mail:
            ports.offer(Mailer, partial(_mailer, config.mail))
        if config.payments:
            _offer_payments(config.payments)
        ports.offer(BankFiles, _bank_files)
        ports.offer(FeedSource, partial(_feed_sources, config))
        ports.offer(ImageSource, partial(_image_source, config))
        ports.offer(SupplierGateway, _supplier_gateway)
        ports.offer(BookingSearch, _booking_search)


def _foreign_program() -> ForeignProgram:
    from integrations.programs.gateway import HttpForeignProgram

    return HttpForeignProgram()


def _webhook_sender(config: Config) -> WebhookSender:
    from integrations.guarded import networks
    from integrations.webhooks.sender import HttpWebhookSender

    return HttpWebhookSender(networks(config.outbound_networks))


def _mailer(access: MailAccess) -> Mailer:
    """Who carries our mails."""
    from integrations.mail.ses import SesMailer
    from integrations.mail.smtp import SmtpMailer

    return SesMailer(access) if access.scheme == "ses" else SmtpMailer(access)


def _offer_payments(access: PaymentAccess) -> None:
    """Stripe takes members' money and pays what statements come to."""
    from catalog.ports import PaymentProvider
    from coalition.kernel import ports
    from settlement.ports import PayoutProvider

    def provider() -> PaymentProvider:
        from integrations.payments.stripe import StripeProvider

        return StripeProvider(access)

    def payouts() -> PayoutProvider:
        from integrations.payments.payouts import StripePayouts

        return StripePayouts(access)

    ports.offer(PaymentProvider, provider)
    ports.offer(PayoutProvider, payouts, name="stripe")


def _bank_files() -> BankFiles:
    from integrations.bank.files import IsoBankFiles

    return IsoBankFiles()


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


def _image_source(config: Config) -> ImageSource:
    from integrations.guarded import networks
    from integrations.suppliers.image_source import HttpImageSource

    return HttpImageSource(networks(config.outbound_networks))


def _supplier_gateway() -> SupplierGateway:
    from integrations.suppliers.gateway import ProtocolGateway
    from integrations.suppliers.guard import DatabaseGuard

    return ProtocolGateway(guard=DatabaseGuard())


def _booking_search() -> BookingSearch:
    from integrations.suppliers.guard import DatabaseGuard
    from integrations.suppliers.searching import SupplierSearch

    return SupplierSearch(guard=DatabaseGuard())
