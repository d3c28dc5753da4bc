"""What of a partner's address can be judged by looking at it; where its name leads is looked at whenever it is called.

Only https on the ports 443 and 8443, without user information; plain http and other ports lead nowhere but into the
networks that this installation admits (the demo's and the tests' loopback).
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from coalition.kernel import config
from coalition.kernel.errors import FieldError, Invalid

_MOST = 500
_PORTS = (None, 443, 8443)


def check_url(url: str) -> str:
    """The address as it will be called. Raises Invalid `url_refused` at `/url` for one that never is.

    What is wrong with it stands beside the pointer as a code of its own.
    """
    scheme, colon, _rest = url.partition("://")
    if not colon or scheme.lower() not in ("https", "http"):
        raise _refused("url_scheme", "Give a whole address that begins with https://; nothing else is called.")
    if not 10 <= len(url) <= _MOST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refused(
            "url_form", "An address has 10 to 500 characters of ASCII; write a name of other letters in Punycode."
        )
    parts = _split(url)
    if not parts.hostname or parts.fragment:
        raise _refused("url_form", "Give an address with a host and without a fragment (#).")
    if "@" in parts.netloc:
        raise _refused("url_credentials", "An address carries no user name and no password.")
    address = _literal(parts.hostname)
    if address is not None and _admitted(address):
        return url
    if address is not None and not address.is_global:
        raise _refused("url_not_public", "The address is not one of the public internet.")
    if parts.hostname == "localhost" and _admitted(ipaddress.ip_address("127.0.0.1")):
        return url
    if parts.scheme != "https" or parts.port not in _PORTS:
        raise _refused(
            "url_scheme" if parts.scheme != "https" else "url_port", "Only https is called, on port 443 or 8443."
        )
    return url


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _refused("url_form", "This is no address.") from None
    return parts


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is by itself, in any spelling that a resolver would take for one."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def _admitted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in ipaddress.ip_network(name) for name in config.current().outbound_networks)


def _refused(code: str, detail: str) -> Invalid:
    return Invalid("url_refused", detail, [FieldError("/url", code, detail)])
