"""Mails over the wire: to a real SMTP server, to a real (stand-in) SES, and what their answers mean."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from coalition.kernel.config import S3Access
from coalition.kernel.entrance import MailAccess
from coalition.ports import Mail, MailRefused, MailUnreachable
from integrations.mail.catcher import Folder, catching
from integrations.mail.pages import read, showing, text_of
from integrations.mail.ses import SesMailer
from integrations.mail.smtp import SmtpMailer

MAIL = Mail(
    "letter-7@club.test",
    "anna@coral.test",
    "Здравствуйте,\r\nBcc: evil@x.test",
    "Ссылка: https://club.test/a?b=c\n",
    "<p>Привет</p>",
    "ru",
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def access() -> MailAccess:
    return MailAccess("smtp", "127.0.0.1", free_port(), "", "", "Coral Club <club@coral.test>")


@pytest.fixture
def caught(access: MailAccess, tmp_path: Path) -> Iterator[Path]:
    """A folder in which mails end."""
    server = catching(tmp_path / "mails", access.port)
    server.start()
    yield tmp_path / "mails"
    server.stop()


def test_a_mail_arrives_as_it_was_said(access: MailAccess, caught: Path) -> None:
    SmtpMailer(access).send(MAIL)

    [path] = caught.glob("*.eml")
    mail = read(path)
    html = mail.get_body(("html",))
    assert (mail["To"], mail["From"]) == ("anna@coral.test", "Coral Club <club@coral.test>")
    assert mail["Message-ID"] == "<letter-7@club.test>"
    assert text_of(mail).strip() == "Ссылка: https://club.test/a?b=c"
    assert html is not None
    assert "Привет" in html.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_subject_cannot_add_a_header(access: MailAccess, caught: Path) -> None:
    SmtpMailer(access).send(MAIL)

    mail = read(next(caught.glob("*.eml")))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Здравствуйте, Bcc: evil@x.test"


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<b@c.test>@x.test", "no address", "", "a@b@c"])
def test_what_is_no_address_is_never_sent(access: MailAccess, caught: Path, address: str) -> None:
    with pytest.raises(MailRefused):
        SmtpMailer(access).send(replace(MAIL, recipient=address))
    assert list(caught.glob("*.eml")) == []


def test_a_catcher_goes_on_counting_after_a_restart(access: MailAccess, tmp_path: Path) -> None:
    (tmp_path / "000041.eml").write_bytes(b"")

    assert next(Folder(tmp_path)._numbers) == 42


def test_nobody_there_is_a_reason_to_come_again(access: MailAccess) -> None:
    with pytest.raises(MailUnreachable):
        SmtpMailer(access).send(MAIL)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("550 no such person", MailRefused),
        ("450 come later", MailUnreachable),
        ("421 closing", MailUnreachable),
        ("535 who are you", MailUnreachable),
    ],
)
def test_an_answer_means_what_smtp_says(access: MailAccess, answer: str, meaning: type[Exception]) -> None:
    class Moody:
        async def handle_RCPT(self, server: SMTP, *_: Any) -> str:
            return answer

    controller = Controller(Moody(), hostname="127.0.0.1", port=access.port)
    controller.start()
    try:
        with pytest.raises(meaning):
            SmtpMailer(access).send(MAIL)
    finally:
        controller.stop()


def test_a_password_is_not_told_in_the_open(access: MailAccess, caught: Path) -> None:
    with pytest.raises(MailUnreachable, match="TLS"):
        SmtpMailer(replace(access, user="club", secret="hush")).send(MAIL)


def test_caught_mails_are_shown_with_links_that_work(access: MailAccess, caught: Path) -> None:
    SmtpMailer(access).send(MAIL)
    pages = showing(caught, 0)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{pages.server_address[1]}"
    with urlopen(base) as listed, urlopen(f"{base}/000001") as one:
        assert "anna@coral.test" in listed.read().decode()
        assert '<a href="https://club.test/a?b=c">' in one.read().decode()
    pages.shutdown()


def test_ses_takes_the_same_mail(s3_access: S3Access) -> None:
    """The stand-in answers for every service of the vendor."""
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test-secret", "region_name": "eu-north-1"}
    ses = boto3.client("sesv2", endpoint_url=s3_access.endpoint_url, **keys)
    access = MailAccess(
        "ses", "eu-north-1", 0, "test", "test-secret", "Coral Club <club@coral.test>", endpoint=s3_access.endpoint_url
    )

    def sent() -> float:
        quota = boto3.client("ses", endpoint_url=s3_access.endpoint_url, **keys).get_send_quota()
        return float(quota["SentLast24Hours"])

    with pytest.raises(MailRefused):
        SesMailer(access).send(MAIL)

    before = sent()
    ses.create_email_identity(EmailIdentity="club@coral.test")
    SesMailer(access).send(MAIL)

    assert sent() > before
