"""`python -m integrations.simulator`: answer until SIGTERM, and meanwhile ship, scan, deliver and tell."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from integrations.simulator import carrying
from integrations.simulator.book import SCAN_EVERY, SHIP_AFTER, Book
from integrations.simulator.posting import Post, keep_secrets
from integrations.simulator.server import create_server
from integrations.simulator.vendor import VENDORS, advance, create_vendor

_IDLE_S = 0.05


def main() -> None:
    """Run one simulator."""
    options = _options()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    book = Book(options.state_dir)
    book.set(callback_base=options.callback_base)
    if options.pace is not None:
        book.set(**{SHIP_AFTER: options.pace, SCAN_EVERY: options.pace})
    if options.seed is not None:
        book.set(seed=options.seed)
    book.set(signature="stamped" if options.kind == "flight" else "")
    kept = keep_secrets(options.state_dir, VENDORS[options.kind][0] if options.kind in VENDORS else "")
    stopping = threading.Event()
    post = Post(book, kept)
    workers = [
        threading.Thread(target=_repeat, args=(lambda: _advance(options.kind, book), stopping)),
        threading.Thread(target=_repeat, args=(post.deliver, stopping)),
    ]
    server = make_server("127.0.0.1", options.port, _server(options.kind, book, kept), threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    for worker in workers:
        worker.start()
    server.serve_forever()
    stopping.set()
    for worker in workers:
        worker.join()
    book.close()


def _server(kind: str, book: Book, kept: dict[str, dict[str, str]]) -> Flask:
    return create_vendor(kind, book, kept) if kind in VENDORS else create_server(book, kept)


def _advance(kind: str, book: Book) -> bool:
    return advance(kind, book) if kind in VENDORS else carrying.advance(book)


def _repeat(work: Callable[[], bool], stopping: threading.Event) -> None:
    """Do `work` again and again; after a failure, which is only written down, and when idle, with a pause."""
    while not stopping.is_set():
        try:
            busy = work()
        except Exception:
            logging.exception("the simulator stumbled")
            busy = False
        if not busy:
            stopping.wait(_IDLE_S)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m integrations.simulator", description=__doc__)
    parser.add_argument("--kind", choices=["goods", *VENDORS], default="goods", help="what is sold here")
    parser.add_argument("--seed", type=int, help="of the faults, whose rates are set over HTTP")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--callback-base", required=True, help="where our callbacks are received")
    parser.add_argument("--state-dir", type=Path, required=True, help="where the book and the secrets are kept")
    parser.add_argument("--pace", type=float, help="seconds between the steps of a parcel")
    return parser.parse_args()


if __name__ == "__main__":
    main()
