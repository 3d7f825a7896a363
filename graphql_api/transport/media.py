"""Media types of requests and answers: Content-Type and Accept. Called by the HTTP endpoint.

Both are judged by the media type alone, never by what stands beside it: a browser lets another
site's page post `text/plain; x=application/json` without asking first.
Sources: RFC 9110 8.3 and 12.5.1, the GraphQL-over-HTTP specification.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
KINDS = (JSON, GRAPHQL)
HEADER_MAX = 1_024  # characters; browsers' longest Accept has about 140
KEPT = 64  # header values whose meaning is remembered: a client library always sends the same

_RANGE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+")+')  # up to a comma outside of quotes
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_ENCODINGS = frozenset({"utf-8", "utf8"})


@lru_cache(KEPT)
def content_fault(content_type: str) -> str | None:
    """What is wrong with a body of this Content-Type, for people; None: it is JSON in UTF-8."""
    if len(content_type) > HEADER_MAX:
        return f"Content-Type has more than {HEADER_MAX} characters."
    kind, parameters = _parsed(content_type)
    if kind not in KINDS:
        return f"Unsupported content type: send {JSON}."
    if any(name == "charset" and value not in _ENCODINGS for name, value in parameters):
        return "Unsupported charset: JSON is sent in UTF-8."
    return None


def is_page_wanted(accept: str, is_operation: bool) -> bool:
    """Whether a GET's Accept header asks for a page, as a browser's navigation does.

    is_operation: the address has an operation; then a page must be liked better than JSON.
    """
    ranges = _ranges(accept or "*/*")
    html, answer = _quality("text/html", ranges), max(_quality(kind, ranges) for kind in KINDS)
    return html > answer or (html == answer > 0 and not is_operation)


@lru_cache(KEPT)
def answer_type(accept: str) -> str | None:
    """Which of the two an Accept header likes best; "": all the same. None: it takes neither.

    Equal qualities: what is named goes before what a `*` stands for, then the header's order.
    """
    if not accept.strip():
        return JSON
    ranges = _ranges(accept)
    names = [kind for kind, _ in ranges]
    offers = [kind for kind in KINDS if _quality(kind, ranges) > 0]

    def rank(kind: str) -> tuple[float, int]:
        return _quality(kind, ranges), -(names.index(kind) if kind in names else len(names))

    return max(offers, key=rank, default=None)


def _quality(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """What the most specific range says of a media type; 0: not acceptable."""
    for name in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        told = [quality for range_, quality in ranges if range_ == name]
        if told:
            return max(told)
    return 0.0


@lru_cache(KEPT)
def _ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges of an Accept header with their qualities; what is malformed is left out."""
    if len(accept) > HEADER_MAX:
        return []
    ranges = []
    for text in _RANGE.findall(accept):
        kind, parameters = _parsed(text)
        told = dict(reversed(parameters))  # the first one counts
        quality = told.get("q", "1")
        is_utf_8 = told.get("charset", "utf-8") in _ENCODINGS
        if kind and is_utf_8 and _QUALITY.fullmatch(quality):
            ranges.append((kind, float(quality)))
    return ranges


def _parsed(text: str) -> tuple[str, list[tuple[str, str]]]:
    """A media type in lower case, with its parameters."""
    message = Message()
    message["content-type"] = text.strip().lower()
    parameters = message.get_params(failobj=[], unquote=True)
    kind = parameters[0][0].strip() if parameters else ""
    return kind, [(name, str(value).strip()) for name, value in parameters[1:]]
