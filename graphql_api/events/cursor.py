"""Cursors: a place in the log, opaque to clients.

A cursor holds the log's epoch, a position, and the instant at which the event there was
recorded. The instant is a witness: a database file that was copied back over a newer one
keeps its epoch and soon gives out the same positions again, for other events. Comparing the
witness finds that, and the client is told EPOCH_CHANGED instead of missing what it had not
seen.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from functools import lru_cache

from graphql_api.errors import CursorInvalid

_FORM = struct.Struct(">B8sqq")  # form, epoch, position, witness
_FORM_NUMBER = 1
CURSOR_CHARACTERS_MAX = 64  # ours have 34


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the log. position 0 is before the first event; witness_us is then 0."""

    epoch: str
    position: int
    witness_us: int

    def encode(self) -> str:
        """The text that clients keep."""
        return _encoded(self.epoch, self.position, self.witness_us)


@lru_cache(64)  # the newest are told again and again: with each answer to a change, with each ping
def _encoded(epoch: str, position: int, witness_us: int) -> str:
    packed = _FORM.pack(_FORM_NUMBER, bytes.fromhex(epoch), position, witness_us)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """The cursor that `encode` wrote. Raises CursorInvalid."""
    if len(text) > CURSOR_CHARACTERS_MAX:
        raise CursorInvalid("This is not a cursor of this server.")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        form, epoch, position, witness_us = _FORM.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        raise CursorInvalid("This is not a cursor of this server.") from None
    if form != _FORM_NUMBER or position < 0 or witness_us < 0:
        raise CursorInvalid("This is not a cursor of this server.")
    return Cursor(epoch.hex(), position, witness_us)
