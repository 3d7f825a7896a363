"""Frames that are whole, read without a parser that can wait. Pure; called by bounded_socket.py.

Nearly all that clients send are short texts, each in a frame and a packet of its own. websockets
parses with a chain of generators and makes objects for each; what is plain needs neither.
"""

from __future__ import annotations

from typing import NamedTuple

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the compiled one, if any

# RFC 6455, 5.2: FIN and the opcode; no reserved bit.
TEXT, PONG = 0x81, 0x8A
# RFC 6455, 5.1: "a client MUST mask all frames that it sends to the server".
MASKED = 0x80
MASK_BYTES = 4


class Place(NamedTuple):
    """Where a frame's payload is. end: beyond it, perhaps beyond what has come."""

    mask: int
    begin: int
    end: int


def place_of(data: bytes, at: int) -> Place | None:
    """That of the frame that begins at `at`; None: not all of its head has come, or it is not
    masked."""
    size = len(data)
    if size < at + 2 or data[at + 1] < MASKED:
        return None
    length, mask = data[at + 1] - MASKED, at + 2
    if length == 126:
        mask = at + 4
    elif length == 127:
        mask = at + 10
    begin = mask + MASK_BYTES
    if size < begin:
        return None
    if length > 125:
        length = int.from_bytes(data[at + 2 : mask])
    return Place(mask, begin, begin + length)


def payload(data: bytes, place: Place) -> bytes:
    """What was sent, of a frame that has come to its end."""
    mask, begin, end = place
    return apply_mask(data[begin:end], data[mask:begin])
