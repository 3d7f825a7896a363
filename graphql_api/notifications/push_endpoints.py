"""Where pushes may go. A browser names the address, so whoever signs in could name any.

A server in production sends only to https on its usual port, at a name that is resolved to public
addresses alone: judged here when it is registered, and again by `PublicResolver` (push_service.py)
for the very addresses that are connected to, so that a name that changes its mind is caught too.
Redirects are not followed, and no answer is shown to anybody. In development http to this machine
is allowed as well, for tests and simulators.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

ENDPOINT_MAX = 2_048
LOOPBACK = frozenset({"localhost", "127.0.0.1"})
# Labels, and a port that is one: `host:` and `[v1.host]` are URLs too, but no token can be signed
# for them (RFC 8292 2), and other signs are read differently by different readers.
_AUTHORITY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?(:[0-9]+)?")
_INWARD = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def endpoint_fault(endpoint: str, public_only: bool) -> str | None:
    """Why a push must not go there; None when it may. public_only: in production."""
    if len(endpoint) > ENDPOINT_MAX:
        return f"it has {len(endpoint)} characters; at most {ENDPOINT_MAX} are allowed"
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return "it is not a URL"
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return "it is not a URL"
    host = (parts.hostname or "").rstrip(".")
    if not host or parts.username is not None or parts.password is not None:
        return "it needs a host, and no user"
    if parts.scheme == "http" and host in LOOPBACK and not public_only:
        return None
    if parts.scheme != "https":
        return "it must begin with https://"
    if _is_address(host):
        return None if host in LOOPBACK and not public_only else "it must name its host"
    if not _AUTHORITY.fullmatch(parts.netloc):
        return "its host is not a name"
    if public_only and port not in (None, 443):
        return "it must be at the usual port of https"
    if public_only and ("." not in host or host in LOOPBACK or host.endswith(_INWARD)):
        return "its host is not public"
    return None


def origin_of(endpoint: str) -> str:
    """Scheme, host and port, as RFC 8292 2 wants the token's audience."""
    parts: SplitResult = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also behind a mapping into IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    is_special = ip.is_multicast or ip.is_reserved or any(ip in range_ for range_ in _SPECIAL)
    return ip.is_global and not is_special


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 2.1
# What Python takes for global, on some version at least, and IANA's registries of special-purpose
# addresses do not, or what leads to somebody else than it names.
_SPECIAL = tuple(
    ipaddress.ip_network(range_)
    for range_ in (
        "0.0.0.0/8",  # this network, RFC 791
        "100.64.0.0/10",  # a provider's own, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, withdrawn by RFC 7526
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "240.0.0.0/4",  # for later, and broadcast, RFC 1112
        "::/96",  # IPv4-compatible, withdrawn by RFC 4291
        "64:ff9b:1::/48",  # local translation, RFC 8215
        "100::/64",  # discarded, RFC 6666
        "100:0:0:1::/64",  # a dummy prefix, RFC 9780
        "2001::/23",  # protocol assignments, RFC 2928
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
        "3ffe::/16",  # the 6bone, given back by RFC 3701
        "5f00::/16",  # segment routing, RFC 9602
        "fc00::/7",  # local, RFC 4193
        "fe80::/10",  # of a link, RFC 4291
        "fec0::/10",  # of a site, withdrawn by RFC 3879
        "ff00::/8",
    )
)


def _is_address(host: str) -> bool:
    """Whether `host` is a number in any of the forms that some resolver takes for an address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return last.isdigit() or last.lower().startswith("0x")
    return True
