"""Mails by SMTP. A password is told over TLS alone; an answer of 5xx is final, everything else may be tried again."""

from __future__ import annotations

import smtplib
import ssl

from coalition.kernel.entrance import MailAccess
from coalition.ports import Mail, MailRefused, MailUnreachable
from integrations.mail.writing import written

_TIMEOUT_S = 15


class SmtpMailer:
    """One connection for each mail: they are few, and a kept one would be stale when it is needed."""

    def __init__(self, access: MailAccess) -> None:
        self._access = access

    def send(self, mail: Mail) -> None:
        """Hand the mail over; see the port. TLS is used where the server offers it, and demanded for a password."""
        message = written(mail, self._access.sender)
        try:
            with self._connect() as server:
                self._enter(server)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = list(error.recipients.values())
            raise _judged(code, said) from error
        except smtplib.SMTPResponseException as error:
            raise _judged(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPNotSupportedError, UnicodeEncodeError) as error:
            raise MailRefused(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnreachable(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        at = self._access
        if at.scheme == "smtps":
            return smtplib.SMTP_SSL(at.host, at.port, timeout=_TIMEOUT_S, context=ssl.create_default_context())
        return smtplib.SMTP(at.host, at.port, timeout=_TIMEOUT_S)

    def _enter(self, server: smtplib.SMTP) -> None:
        at = self._access
        server.ehlo()
        if at.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif at.scheme == "smtp" and at.user:
            raise MailUnreachable("the server offers no TLS, and a password is not told in the open")
        if at.user:
            server.login(at.user, at.secret)


def _judged(code: int, said: bytes | str) -> MailRefused | MailUnreachable:
    """What an answer of the server means; being refused a sign-in is our own fault, and may be mended."""
    text = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    final = 500 <= code < 600 and code not in (530, 534, 535, 538)
    return MailRefused(text) if final else MailUnreachable(text)
