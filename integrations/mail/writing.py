"""A mail in the form that servers carry: both bodies, a number for good, and the mark of mail that no robot answers."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from coalition.kernel import clock
from coalition.ports import Mail, MailRefused


def written(mail: Mail, sender: str) -> EmailMessage:
    """The mail as a message. Raises MailRefused for a recipient that is no address."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=mail.recipient)
        message["Subject"] = " ".join(mail.subject.split())
    except (ValueError, IndexError, MessageError) as error:
        raise MailRefused(f"not an address: {error}") from error
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{mail.number}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
