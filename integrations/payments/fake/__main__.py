"""`python -m integrations.payments.fake`: answer until SIGTERM, and meanwhile tell what has happened."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from integrations.payments.fake import connect, invoices
from integrations.payments.fake.book import Book
from integrations.payments.fake.controls import open_controls
from integrations.payments.fake.invoice_page import open_invoice_page
from integrations.payments.fake.keeping import keep_secrets
from integrations.payments.fake.page import open_page
from integrations.payments.fake.server import open_api, open_settlement_api
from integrations.payments.fake.telling import Post

_IDLE_S = 0.05


def main() -> None:
    """Run one stand-in."""
    options = _options()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    kept = keep_secrets(options.state_dir)
    book = Book(options.state_dir)
    book.set(webhook_url=options.webhook_url, multicapture="on" if options.multicapture else "off")
    later = {connect.PAYOUT_AFTER: options.payout_after, invoices.PAID_AFTER: options.invoice_after}
    book.set(payout_webhook_url=options.payout_webhook_url, **later)
    app = Flask("stand-in")
    open_api(app, book, kept["key"])
    open_settlement_api(app, book, kept["key"])
    open_page(app, book)
    open_invoice_page(app, book)
    open_controls(app, book)
    stopping = threading.Event()
    worker = threading.Thread(target=_tell, args=(book, Post(book, kept["webhook_secret"]), stopping))
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    worker.start()
    server.serve_forever()
    stopping.set()
    worker.join()
    book.close()


def _tell(book: Book, post: Post, stopping: threading.Event) -> None:
    """Deliver again and again; after a failure, which is only written down, and when idle, with a pause."""
    while not stopping.is_set():
        try:
            connect.mature(book)
            invoices.mature(book)
            busy = post.deliver()
        except Exception:
            logging.exception("the stand-in stumbled")
            busy = False
        if not busy:
            stopping.wait(_IDLE_S)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m integrations.payments.fake", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook-url", required=True, help="where events are received")
    parser.add_argument("--state-dir", type=Path, required=True, help="where the book and the secrets are kept")
    parser.add_argument("--multicapture", action="store_true", help="let payments be taken in parts")
    parser.add_argument("--payout-webhook-url", default="", help="where events of invoices and payouts are received")
    parser.add_argument("--payout-after", default="", help="seconds until a payout has arrived")
    parser.add_argument("--invoice-after", default="", help="seconds until an invoice is paid by itself")
    return parser.parse_args()


if __name__ == "__main__":
    main()
