"""Feed files on an SFTP server: `sftp://host[:port]/path`, by password or private key.

The server has to show the one key that was agreed: who shows another is not asked for anything. The address is
guarded like any other.
"""

from __future__ import annotations

import datetime as dt
import io
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import unquote, urlsplit

from catalog.ports import FeedPlace, FeedUnreachable, FetchedFeed, Validators
from integrations.guarded import AddressRefused, Network, pinned
from integrations.suppliers.feed_source import Spool

_TIMEOUT_S = 15.0
_CHUNK = 1 << 18
_PORT = 22
_AHEAD = 64  # requests on their way, of 32 kB each


class SftpFeedSource:
    """Fetches feeds over SFTP."""

    def __init__(self, admitted: Sequence[Network] = ()) -> None:
        self._admitted = tuple(admitted)

    def fetch(
        self, place: FeedPlace, known: Validators, most_bytes: int, alive: Callable[[], None]
    ) -> FetchedFeed | None:
        """The file, or None if its time and size are those that were known. Raises FeedUnreachable."""
        import paramiko

        parts = urlsplit(place.url)
        try:
            address = pinned(parts.hostname or "", parts.port or _PORT, self._admitted)
            with (
                closing(socket.create_connection((address, parts.port or _PORT), _TIMEOUT_S)) as line,
                closing(paramiko.Transport(line)) as transport,
            ):
                _sign_in(transport, place)
                return _read(transport, unquote(parts.path), known, Spool(most_bytes, alive))
        except (paramiko.SSHException, AddressRefused, OSError, EOFError, ValueError) as error:
            why = f"The feed could not be fetched: {error or type(error).__name__}"
            raise FeedUnreachable("unreachable", why) from error


def _sign_in(transport: Any, place: FeedPlace) -> None:
    kind, _, key = (place.host_key or "").strip().partition(" ")
    transport.get_security_options().key_types = (kind,)  # ValueError for a kind that there is not
    transport.banner_timeout = transport.auth_timeout = _TIMEOUT_S
    transport.start_client(timeout=_TIMEOUT_S)
    if transport.get_remote_server_key().get_base64() != key.split()[0]:
        raise FeedUnreachable("unreachable", "The server shows another key than the one that was agreed.")
    if (place.secret or "").lstrip().startswith("-----BEGIN"):
        transport.auth_publickey(place.username or "", _private_key(place.secret or ""))
    else:
        transport.auth_password(place.username or "", place.secret or "")


def _read(transport: Any, path: str, known: Validators, spool: Spool) -> FetchedFeed | None:
    import paramiko

    client = paramiko.SFTPClient.from_transport(transport)
    client.get_channel().settimeout(_TIMEOUT_S)
    facts = client.stat(path)
    validators = Validators(f"{facts.st_mtime}-{facts.st_size}")
    if validators == known:
        spool.file.close()
        return None
    with client.open(path, "rb") as remote:
        remote.prefetch(facts.st_size, max_concurrent_requests=_AHEAD)
        while chunk := remote.read(_CHUNK):
            spool.write(chunk)
    if spool.file.tell() != facts.st_size:
        spool.file.close()
        raise FeedUnreachable("unreachable", "The file changed while it was fetched.")
    written = dt.datetime.fromtimestamp(facts.st_mtime, dt.UTC) if facts.st_mtime else None
    return FetchedFeed(spool.done(), validators, written)


def _private_key(text: str) -> Any:
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except paramiko.SSHException:
            continue
    raise ValueError("the private key cannot be read")
