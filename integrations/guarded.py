"""Going out to an address that somebody else has chosen, and never into our own house.

The name is resolved once, every address that it has must be a public one (or lie in a network that the configuration
admits: the demo's and the tests' loopback), and the connection is made to that very address: a name that resolves to
another address a moment later gains nothing. Redirects are for the caller to refuse.

Each request has a connection of its own, since the certificate was checked for one name and many names share an
address; and the connection has an end, however slowly the other side drips.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from integrations.tls import trusted

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
LONGEST_S = 1800.0


class AddressRefused(httpx.ConnectError):
    """The name does not resolve, or to an address to which we do not go. A connection error like any other."""


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Networks out of their names (`127.0.0.0/8`). Raises ValueError."""
    return tuple(ipaddress.ip_network(name) for name in names)


def pinned(
    host: str, port: int, admitted: Sequence[Network] = (), resolve: Callable[..., Any] = socket.getaddrinfo
) -> str:
    """The one address to connect to for `host`. Raises AddressRefused if any of its addresses is not to be reached."""
    try:
        found = [str(entry[4][0]) for entry in resolve(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"{host} has no address") from error
    for text in found:
        if not _reachable(ipaddress.ip_address(text.partition("%")[0]), admitted):
            raise AddressRefused(f"{host} is not an address of the public internet")
    if not found:
        raise AddressRefused(f"{host} has no address")
    return found[0]


class GuardedTransport(httpx.BaseTransport):
    """Sends each request to the pinned address of its host, under the host's own name (`Host`, SNI, certificate).

    With `tls_ports` only https on these ports goes out; plain http and other ports stay within the admitted networks.
    A connection is over `longest_s` after it was begun.
    """

    def __init__(
        self,
        admitted: Sequence[Network] = (),
        inner: httpx.BaseTransport | None = None,
        resolve: Callable[..., Any] = socket.getaddrinfo,
        tls_ports: Sequence[int] = (),
        longest_s: float = LONGEST_S,
    ) -> None:
        self._admitted = tuple(admitted)
        self._tls_ports = tuple(tls_ports)
        self._inner = inner or _Outside(longest_s)
        self._resolve = resolve

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises AddressRefused before anything is sent."""
        url = request.url
        if url.scheme not in ("http", "https") or not url.host:
            raise httpx.UnsupportedProtocol(f"{url.scheme!r} is no scheme that is fetched")
        port = url.port or (443 if url.scheme == "https" else 80)
        host = url.raw_host.decode("ascii")  # as certificates and resolvers know it, in Punycode
        address = pinned(host, port, self._admitted, self._resolve)
        if self._tls_ports and not self._strict_enough(url.scheme, port, address):
            raise AddressRefused(f"only https on the ports {self._tls_ports} leads out of the house")
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = url.copy_with(host=address)  # the Host header was made from the name before
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()

    def _strict_enough(self, scheme: str, port: int, address: str) -> bool:
        tls = scheme == "https" and port in self._tls_ports
        return tls or _within(ipaddress.ip_address(address.partition("%")[0]), self._admitted)


def guarded_client(
    admitted: Sequence[Network] = (), timeout: httpx.Timeout | None = None, longest_s: float = LONGEST_S
) -> httpx.Client:
    """An HTTP client for foreign addresses: guarded, without the environment's proxies, following nobody elsewhere."""
    return forgetful_client(
        GuardedTransport(admitted, longest_s=longest_s), timeout or httpx.Timeout(20.0, connect=5.0)
    )


def forgetful_client(transport: httpx.BaseTransport, timeout: httpx.Timeout) -> httpx.Client:
    """A client that takes nothing along from one request to the next: no proxies, no redirects, no cookies."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(
        transport=transport, timeout=timeout, cookies=no_cookies, trust_env=False, follow_redirects=False
    )


class _Outside(httpx.HTTPTransport):
    """Plain HTTP/1.1, a new connection for every request, each of which ends in time."""

    def __init__(self, longest_s: float) -> None:
        super().__init__(verify=trusted(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=100,
            max_keepalive_connections=0,
            network_backend=_Ending(longest_s),
        )


class _Ending(httpcore.NetworkBackend):
    """Makes connections that end `longest_s` after they were begun."""

    def __init__(self, longest_s: float) -> None:
        self._inner, self._longest_s = httpcore.SyncBackend(), longest_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a host, whose time runs from now."""
        ends = time.monotonic() + self._longest_s
        return _EndingStream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options), ends)


class _EndingStream(httpcore.NetworkStream):
    """A connection on which nobody is waited for beyond an instant of the monotonic clock."""

    def __init__(self, inner: httpcore.NetworkStream, ends: float) -> None:
        self._inner, self._ends = inner, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come. Raises ReadTimeout."""
        return self._inner.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send. Raises WriteTimeout."""
        self._inner.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection under TLS, with the same end. Raises ConnectTimeout."""
        left_s = self._left(timeout, httpcore.ConnectTimeout)
        return _EndingStream(self._inner.start_tls(ssl_context, server_hostname, left_s), self._ends)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)

    def _left(self, timeout: float | None, late: type[Exception]) -> float:
        left_s = self._ends - time.monotonic()
        if left_s <= 0:
            raise late("the connection has lasted for as long as it may")
        return left_s if timeout is None else min(timeout, left_s)


def _reachable(address: _Address, admitted: Sequence[Network]) -> bool:
    inside = _unwrapped(address)
    if _within(address, admitted):
        return True
    return inside.is_global and not (inside.is_multicast or inside.is_reserved or inside.is_unspecified)


def _within(address: _Address, admitted: Sequence[Network]) -> bool:
    inside = _unwrapped(address)
    return any(inside.version == network.version and inside in network for network in admitted)


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
