"""Which `data.path` of a notification may be opened: a place of this very origin.

A browser reads more as a way out than what begins with two slashes: it drops tabs and line breaks
before it parses, takes a backslash for a slash, and resolves dot segments, so `/\\t/host`,
`/\\\\host` and `/..//host` lead away too, the last of them once it is followed as a path. What is
encoded is judged as what some reader decodes it to. The console judges again what it is given.
"""

from __future__ import annotations

import re
from typing import Any

PATH_MAX = 2_048

# One slash; then no control character, space, backslash; in what is a path, no empty or dot
# segment, and none of these written as %XX.
_PLACE = re.compile(
    r"/(?!/)"
    r"(?!(?:[^?#]*/)?(?:\.|%2e){1,2}(?:[/?#]|$))"
    r"(?![^?#]*//)"
    r"(?![^?#]*%(?:2f|5c))"
    r"(?!.*%(?:[01][0-9a-f]|7f))"
    r"[^\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]*",
    re.IGNORECASE,
)


def path_fault(data: Any) -> str | None:
    """What is wrong with the `path` of a notification's data; None without a fault, or a text."""
    path = data.get("path") if isinstance(data, dict) else None
    if not isinstance(path, str):
        return None
    if len(path) <= PATH_MAX and _PLACE.fullmatch(path):
        return None
    return (
        "data.path is a place on this site: it begins with one slash, and holds no control "
        "characters, backslashes, dot segments or empty ones."
    )
