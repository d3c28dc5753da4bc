"""`python -m integrations.mail`: catch mails until SIGTERM, and show them on a page."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path

from integrations.mail.catcher import catching
from integrations.mail.pages import showing


def main() -> int:
    """Run until told to stop."""
    parser = ArgumentParser(prog="integrations.mail")
    parser.add_argument("--port", type=int, required=True, help="of the page")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    catcher, pages = catching(options.folder, options.smtp_port), showing(options.folder, options.port)
    catcher.start()
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    stopping.wait()
    pages.shutdown()
    catcher.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
