"""Mails by Amazon SES (version 2 of its API), as raw messages, so that they are the same as by SMTP."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from coalition.kernel.entrance import MailAccess
from coalition.ports import Mail, MailRefused, MailUnreachable
from integrations.mail.writing import written

_FINAL = frozenset(("MessageRejected", "BadRequestException", "NotFoundException"))


class SesMailer:
    """Without a key of our own the machine's role is used, as boto3 finds it."""

    def __init__(self, access: MailAccess) -> None:
        self._access = access

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        at = self._access
        return boto3.client(
            "sesv2",
            endpoint_url=at.endpoint,
            region_name=at.host,
            aws_access_key_id=at.user or None,
            aws_secret_access_key=at.secret or None,
            config=Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 1}),
        )

    def send(self, mail: Mail) -> None:
        """Hand the mail over; see the port."""
        from botocore.exceptions import BotoCoreError, ClientError

        message = written(mail, self._access.sender)
        try:
            self._client.send_email(
                FromEmailAddress=self._access.sender,
                Destination={"ToAddresses": [mail.recipient]},
                Content={"Raw": {"Data": message.as_bytes()}},
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise (MailRefused if code in _FINAL else MailUnreachable)(str(error)) from error
        except BotoCoreError as error:
            raise MailUnreachable(str(error)) from error
