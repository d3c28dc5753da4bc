"""How gunicorn serves the application: `gunicorn -c coalition/kernel/serving.py 'wsgi:create_app()'`.

Read by gunicorn as a file of settings, before the application is loaded. WEB_CONCURRENCY is the number of workers (two
a core: a connection stays with the worker that took it, and few workers share them out unevenly), WEB_THREADS that of
each one's threads.
"""

from __future__ import annotations

import gc
import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2 * (os.cpu_count() or 1))
threads = int(os.environ.get("WEB_THREADS") or 4)
keepalive = 75  # s: longer than clients and proxies keep an idle connection, so that none is closed as it is used
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """What a worker has loaded is here to stay: searching it for cycles would stop it for a fifth of a second."""
    gc.freeze()
