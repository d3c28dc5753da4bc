"""The caught mails as plain pages: a list, the latest first, and each mail as its text with links that work."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_SHOWN = 100
_LINK = re.compile(r"https?://[^\s<]+")
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""


def read(path: Path) -> EmailMessage:
    """A caught mail."""
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    """The mail's plain text."""
    part = message.get_body(("plain",))
    return str(part.get_content()) if part else ""


def showing(folder: Path, port: int) -> ThreadingHTTPServer:
    """A web server on this machine that shows the mails of `folder`: `/`, `/<number>`, `/healthz`."""

    class Pages(BaseHTTPRequestHandler):
        """Answers for one folder."""

        def do_GET(self) -> None:
            """Show the list or a mail."""
            name = self.path.strip("/")
            mail = folder / f"{name}.eml"
            if name == "healthz":
                self._answer(200, "ok")
            elif name == "":
                self._answer(200, _list(folder))
            elif name.isdecimal() and mail.is_file():
                self._answer(200, _one(mail))
            else:
                self._answer(404, _PAGE.format(title="No such mail", body=""))

        def _answer(self, status: int, body: str) -> None:
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", port), Pages)


def _list(folder: Path) -> str:
    lines = []
    for path in sorted(folder.glob("[0-9]*.eml"), reverse=True)[:_SHOWN]:
        mail = read(path)
        said = f"{escape(str(mail['Subject']))}</a> to {escape(str(mail['To']))}, {escape(str(mail['Date']))}"
        lines.append(f'<li><a href="/{path.stem}">{said}</li>')
    body = f"<ul>{''.join(lines)}</ul>" if lines else "<p>Nobody has been written to yet.</p>"
    return _PAGE.format(title="Caught mails", body=body)


def _one(path: Path) -> str:
    mail = read(path)
    text = _LINK.sub(lambda found: f'<a href="{found.group()}">{found.group()}</a>', escape(text_of(mail)))
    body = (
        f"<p>To {escape(str(mail['To']))}, {escape(str(mail['Date']))}</p><pre>{text}</pre><p><a href='/'>All</a></p>"
    )
    return _PAGE.format(title=escape(str(mail["Subject"])), body=body)
