"""A real S3-compatible server (moto, in a process of its own) for the tests of this floor."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coalition.kernel.config import S3Access


@pytest.fixture(scope="session")
def s3_access() -> Iterator[S3Access]:
    """How to reach the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, server)
        yield S3Access(f"http://127.0.0.1:{port}", "test", "test-secret")
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def s3(s3_access: S3Access) -> Any:
    """The partner's own client of the server."""
    import boto3

    keys = {"aws_access_key_id": s3_access.key_id, "aws_secret_access_key": s3_access.secret}
    return boto3.client("s3", endpoint_url=s3_access.endpoint_url, region_name=s3_access.region, **keys)


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    """An empty bucket."""
    name = f"bucket-{abs(hash(request.node.nodeid)) % 10**12}"
    s3.create_bucket(Bucket=name)
    return name


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        assert server.poll() is None, "moto_server has died"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("moto_server does not answer")
