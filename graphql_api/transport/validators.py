"""Entity tags of answers that are asked for by GET, and what a cache may do with them.

Sources: RFC 9110 8.8.3 (ETag), 13.1.2 (If-None-Match), RFC 9111 5.2.2 (Cache-Control).
"""

from __future__ import annotations

import re

from graphql_api.transport.media import JSON

NOT_STORED = "no-store"  # it is for one person, or nobody knows when it ends
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(validator: str, kind: str) -> str:
    """The ETag of an answer's bytes as this media type: another type is another representation."""
    return f'"{validator}"' if kind == JSON else f'"{validator}-graphql"'


def caching(tag: str) -> dict[str, str]:
    """The headers of an answer that its asker alone may store, and must ask about each time."""
    return {"etag": tag, "cache-control": "private, no-cache"}


def is_known(tag: str, told: list[str]) -> bool:
    """Whether the asker has this very answer. told: its If-None-Match headers.

    "A recipient MUST use the weak comparison function when comparing entity tags for
    If-None-Match": W/ does not count.
    """
    return any(text.strip() == "*" or tag in _TAG.findall(text) for text in told)
