"""`python -m integrations.simulator`: answer until SIGTERM, and meanwhile ship, scan, deliver and tell."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from werkzeug.serving import make_server

from integrations.simulator import carrying
from integrations.simulator.book import Book
from integrations.simulator.ordering import SCAN_EVERY, SHIP_AFTER
from integrations.simulator.posting import Post, keep_secrets
from integrations.simulator.server import create_server

_IDLE_S = 0.05


def main() -> None:
    """Run one simulator."""
    options = _options()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    book = Book(options.state_dir)
    book.set(callback_base=options.callback_base)
    if options.pace is not None:
        book.set(**{SHIP_AFTER: options.pace, SCAN_EVERY: options.pace})
    kept = keep_secrets(options.state_dir)
    stopping = threading.Event()
    post = Post(book, kept)
    workers = [
        threading.Thread(target=_repeat, args=(lambda: carrying.advance(book), stopping)),
        threading.Thread(target=_repeat, args=(post.deliver, stopping)),
    ]
    server = make_server("127.0.0.1", options.port, create_server(book, kept), threaded=True)
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
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--callback-base", required=True, help="where our callbacks are received")
    parser.add_argument("--state-dir", type=Path, required=True, help="where the book and the secrets are kept")
    parser.add_argument("--pace", type=float, help="seconds between the steps of a parcel")
    return parser.parse_args()


if __name__ == "__main__":
    main()
