"""What a parent and its workers tell each other: JSON objects, one a line, on a socket pair.

From a worker:
- {"is": "serving"}: it takes connections from now on.
- {"is": "beat", "health": {…}, "figures": […]}, every second, and with each question: it lives.
- {"is": "ask", "n": 1}: how does the whole stand?
- {"is": "relay", "what": {…}}: to be told to the other workers as it is.
From the parent:
- {"is": "whole", "n": 1, "workers": [{…}], "past": […]}: the answer.
- {"is": "drain"}, {"is": "end"}: end well; end at once.
- what other workers had relayed: {"is": "hint"}, {"is": "said", "channel": "…", "message": "…"},
  {"is": "look", "user": 5}.
"""

from __future__ import annotations

from typing import Any

import orjson

Message = dict[str, Any]

WAITING_BYTES_MAX = 1_048_576  # not taken by the other side: past that, what may be lost is lost
READ_BYTES = 65_536


def line(message: Message) -> bytes:
    return orjson.dumps(message) + b"\n"


class Lines:
    """Cuts what comes in into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [orjson.loads(text) for text in whole]
