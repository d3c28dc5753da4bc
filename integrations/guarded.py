"""Going out to an address that somebody else has chosen, and never into our own house.

The name is resolved once, every address that it has must be a public one (or lie in a network that the configuration
admits: the demo's and the tests' loopback), and the connection is made to that very address: a name that resolves to
another address a moment later gains nothing. Redirects are for the caller to refuse.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from integrations.tls import trusted

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
    """

    def __init__(
        self,
        admitted: Sequence[Network] = (),
        inner: httpx.BaseTransport | None = None,
        resolve: Callable[..., Any] = socket.getaddrinfo,
        tls_ports: Sequence[int] = (),
    ) -> None:
        self._admitted = tuple(admitted)
        self._tls_ports = tuple(tls_ports)
        self._inner = inner or httpx.HTTPTransport(verify=trusted(), trust_env=False)
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


def guarded_client(admitted: Sequence[Network] = (), timeout: httpx.Timeout | None = None) -> httpx.Client:
    """An HTTP client for foreign addresses: guarded, without the environment's proxies, following nobody elsewhere."""
    return httpx.Client(
        transport=GuardedTransport(admitted),
        timeout=timeout or httpx.Timeout(20.0, connect=5.0),
        trust_env=False,
        follow_redirects=False,
    )


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
