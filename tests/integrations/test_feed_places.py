"""Feeds in buckets and on SFTP servers: the whole file, nothing if it is the same, and nobody but who was agreed."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from catalog.ports import FeedPlace, FeedUnreachable, FetchedFeed, Validators
from coalition.kernel.config import S3Access
from integrations.guarded import networks
from integrations.suppliers.feed_bucket import BucketFeedSource
from integrations.suppliers.feed_sftp import SftpFeedSource

_LOOPBACK = networks(["127.0.0.0/8"])
_CONTENT = b"<yml_catalog/>" * 100_000


def _nothing() -> None:
    """Nobody listens."""


def _content(fetched: FetchedFeed | None) -> bytes:
    assert fetched is not None
    with fetched.file as file:
        return file.read()


def test_a_feed_in_a_bucket_comes_whole_and_only_when_it_is_another(s3: Any, s3_access: S3Access, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="out/feed 1.yml", Body=_CONTENT)
    source, place = BucketFeedSource(s3_access), FeedPlace(f"s3://{bucket}/out/feed%201.yml")

    first = source.fetch(place, Validators(), 10_000_000, _nothing)

    assert first is not None
    assert source.fetch(place, first.validators, 10_000_000, _nothing) is None
    assert first.modified_at is not None
    assert _content(first) == _CONTENT
    s3.put_object(Bucket=bucket, Key="out/feed 1.yml", Body=b"new")
    assert _content(source.fetch(place, first.validators, 10_000_000, _nothing)) == b"new"


@pytest.mark.parametrize(("key", "most", "code"), [("none.yml", 100, "unreachable"), ("large.yml", 100, "too_large")])
def test_what_a_bucket_cannot_give_is_refused(
    s3: Any, s3_access: S3Access, bucket: str, key: str, most: int, code: str
) -> None:
    s3.put_object(Bucket=bucket, Key="large.yml", Body=_CONTENT)

    with pytest.raises(FeedUnreachable) as refused:
        BucketFeedSource(s3_access).fetch(FeedPlace(f"s3://{bucket}/{key}"), Validators(), most, _nothing)

    assert refused.value.code == code


class _Door(paramiko.ServerInterface):
    """Lets one user in, by password or by one key."""

    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if (username, password) == ("shop", "sesame") else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self.key else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"


class _Folder(paramiko.SFTPServerInterface):
    """One folder of the disk, read only."""

    root = Path()

    def _path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = self._path(path).open("rb")  # type: ignore[attr-defined]
        return handle


class Server:
    """An SFTP server of one thread a line."""

    def __init__(self, root: Path) -> None:
        self.host_key = paramiko.ECDSAKey.generate()
        self.user_key = paramiko.RSAKey.generate(2048)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.folder = type("Folder", (_Folder,), {"root": root})
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, self.folder)
            try:
                transport.start_server(server=_Door(self.user_key))
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()

    def place(self, path: str = "/feed.yml", **changes: str) -> FeedPlace:
        known = f"{self.host_key.get_name()} {self.host_key.get_base64()} shop@example"
        given = {"username": "shop", "secret": "sesame", "host_key": known, **changes}
        return FeedPlace(f"sftp://127.0.0.1:{self.port}{path}", **given)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("sftp")
    (root / "feed.yml").write_bytes(_CONTENT)
    os.utime(root / "feed.yml", (1_760_000_000, 1_760_000_000))
    running = Server(root)
    yield running
    running.socket.close()


def test_a_feed_on_an_sftp_server_comes_whole_and_only_when_it_is_another(server: Server) -> None:
    source = SftpFeedSource(_LOOPBACK)

    first = source.fetch(server.place(), Validators(), 10_000_000, _nothing)

    assert first is not None
    assert source.fetch(server.place(), first.validators, 10_000_000, _nothing) is None
    assert int(first.modified_at.timestamp()) == 1_760_000_000  # type: ignore[union-attr]
    assert _content(first) == _CONTENT


def test_a_private_key_opens_an_sftp_server_as_well(server: Server, tmp_path: Path) -> None:
    server.user_key.write_private_key_file(str(tmp_path / "key"))

    place = server.place(secret=(tmp_path / "key").read_text())

    assert _content(SftpFeedSource(_LOOPBACK).fetch(place, Validators(), 10_000_000, _nothing)) == _CONTENT


def test_a_server_with_another_key_is_not_asked_for_anything(server: Server) -> None:
    other = paramiko.ECDSAKey.generate()
    place = server.place(host_key=f"{other.get_name()} {other.get_base64()}")

    with pytest.raises(FeedUnreachable, match="another key"):
        SftpFeedSource(_LOOPBACK).fetch(place, Validators(), 10_000_000, _nothing)


@pytest.mark.parametrize(
    ("changes", "most", "code"),
    [
        ({"secret": "guess"}, 10_000_000, "unreachable"),
        ({"secret": "-----BEGIN NOTHING"}, 10_000_000, "unreachable"),
        ({"host_key": "rot13 AAAA"}, 10_000_000, "unreachable"),
        ({"path": "/none.yml"}, 10_000_000, "unreachable"),
        ({}, 100, "too_large"),
    ],
)
def test_what_an_sftp_server_does_not_give_is_refused(
    server: Server, changes: dict[str, str], most: int, code: str
) -> None:
    with pytest.raises(FeedUnreachable) as refused:
        SftpFeedSource(_LOOPBACK).fetch(server.place(**changes), Validators(), most, _nothing)

    assert refused.value.code == code


def test_an_sftp_server_in_our_own_house_is_not_reached_unless_it_is_admitted(server: Server) -> None:
    with pytest.raises(FeedUnreachable, match="public internet"):
        SftpFeedSource().fetch(server.place(), Validators(), 10_000_000, _nothing)
