"""Origins: scheme, host and port, as browsers name them in `Origin` headers (RFC 6454 6.2).
Used by the settings, for FRONTEND_URL, and by the transport, for what pages send.

People write one origin in many ways; browsers in one. All are compared in that one.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from urllib.parse import urlsplit

ANY = "*"
ORIGIN_MAX = 400  # characters: a host has at most 253
PORTS = {"http": 80, "https": 443}
_NO_HOST = re.compile(r"[\s*\\%]")
_DOTS = re.compile("[\u3002\uff0e\uff61]")  # of other scripts; names are parted by them as well


def normal_origin(text: str) -> str | None:
    """`text` as a browser would send it; None: it is no origin.

    Scheme and host in lower case, the host in ASCII, no default port, no slash at the end.
    """
    if len(text) > ORIGIN_MAX:
        return None
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port, host = parts.port, _normal_host(parts.hostname or "", parts.netloc)
    except ValueError:  # a port that is no number, a bracket that does not close, no such name
        return None
    is_bare = not (parts.path or parts.query or parts.fragment) and "@" not in parts.netloc
    has_no_more = "?" not in text and "#" not in text  # an empty query or fragment is one too
    if parts.scheme not in PORTS or not host or not is_bare or not has_no_more or port == 0:
        return None
    shown = "" if port is None or port == PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _normal_host(host: str, netloc: str) -> str:
    """In ASCII and lower case, an IPv6 address at its shortest; "" for none. Raises ValueError."""
    if _NO_HOST.search(netloc):
        return ""
    if "[" in netloc:
        return f"[{ipaddress.IPv6Address(host)}]"
    return ".".join(_ascii(label) for label in _DOTS.sub(".", host).split("."))


def _ascii(label: str) -> str:
    """A part of a name as the DNS has it. Unlike Python's own codec this keeps ß, as browsers do
    (UTS 46, not transitional). Raises ValueError."""
    folded = unicodedata.normalize("NFKC", label.lower()).lower()
    return folded if folded.isascii() else "xn--" + folded.encode("punycode").decode()


def is_named(origin: str, origins: Collection[str]) -> bool:
    """Whether an Origin header is one of these, which are normal already, or any may be."""
    return ANY in origins or normal_origin(origin) in origins


def is_same_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether an Origin header names scheme, host and port of the server that was asked."""
    theirs = normal_origin(origin)
    return theirs is not None and theirs == normal_origin(f"{scheme}://{host}")
