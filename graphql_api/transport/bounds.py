"""What a connection may cost, and what is said to one that goes beyond it; kept by bounded.py."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

# A body that comes faster than this has the time that it takes: a photo over a telephone's line.
# At this pace a file of 20 MB takes 21 minutes, and an operation's 64 KiB four seconds.
BODY_BYTES_PER_S_MIN = 16_384


@dataclass(slots=True)
class Bounds:
    """What connections may cost, and what those of one process have in common.

    connections_max: in all; silent_per_address_max: of one address, from which no whole request
    has come yet; request_s: for headers and body together, from the connection or, on one that
    was used before, from the first byte, beside what the body may take; stall_s: for taking
    anything of what is sent to it.
    """

    header_bytes_max: int
    header_fields_max: int
    request_s: float
    stall_s: float
    connections_max: int
    silent_per_address_max: int
    silent: Counter[str] = field(default_factory=Counter)

    def time_s(self, body_bytes: int) -> float:
        """How long a request may take of whose body so much has come."""
        return self.request_s + body_bytes / BODY_BYTES_PER_S_MIN


class Refused(Exception):
    """A request goes beyond a bound. Carries the status and the words of the answer."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status = status


def too_large(words: str) -> Refused:
    return Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request has {words}")


def answer(refusal: Refused) -> bytes:
    """A whole response that ends the connection."""
    status, words = refusal.status, str(refusal)
    again = "retry-after: 5\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"content-type: text/plain; charset=utf-8\r\n{again}"
        f"content-length: {len(words)}\r\nconnection: close\r\n\r\n{words}"
    ).encode("ascii")


def end_writing(transport: asyncio.Transport) -> None:
    """Say that nothing more comes, where that can be said: not over TLS."""
    if transport.can_write_eof():
        transport.write_eof()
