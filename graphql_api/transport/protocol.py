"""graphql-transport-ws as a pure state machine: texts in, what to do out. No I/O, no loop.

The protocol: PROTOCOL.md of the graphql-ws project. The socket (socket.py) feeds `receive`
with each text frame, does what the returned action says, and tells `ready` and `finished`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard

import orjson

REASON_BYTES_MAX = 123  # RFC 6455 5.5: a control frame carries 125 bytes, two are the code
MESSAGE_BYTES_MAX = 65_536  # unless BODY_BYTES_MAX says otherwise
ID_CHARACTERS_MAX = 256  # clients use UUIDs or counters; an id is repeated in every message


class State(Enum):
    """OPENED: waiting for connection_init. CHECKING: init came, its token is being checked.
    READY: acknowledged. CLOSED: a close was decided; nothing is heard any more."""

    OPENED = "OPENED"
    CHECKING = "CHECKING"
    READY = "READY"
    CLOSED = "CLOSED"


class CloseCode(Enum):
    """How a socket ends, and what clients make of it: graphql-ws never comes back after 4400,
    4401, 4406, 4409 and 4429; it does after 1000, 1012, 1013, 4403 and 4408."""

    NORMAL = 1000
    ABNORMAL = 1006  # never sent: the peer is gone
    TOO_BIG = 1009
    RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY_INITS = 4429


@dataclass(frozen=True, slots=True)
class Init:
    """Check this payload, then tell `ready` or close."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Start:
    """Run an operation; tell `finished` after its last message."""

    id: str
    query: str
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The client wants no more of this operation. Its id may be used again at once."""

    id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Send this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket."""

    code: CloseCode
    reason: str


Action = Init | Start | Stop | Reply | Close | None


class Protocol:
    """One socket's conversation, from the server's side."""

    __slots__ = ("_message_bytes_max", "active", "state")

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._message_bytes_max = message_bytes_max
        self.state = State.OPENED
        self.active: set[str] = set()

    def receive(self, text: str) -> Action:
        """What to do about a text frame; None: nothing."""
        if self.state is State.CLOSED:
            return None
        if bytes_of(text) > self._message_bytes_max:
            reason = f"A message has at most {self._message_bytes_max} bytes."
            return self.close(CloseCode.TOO_BIG, reason)
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self._bad("The message is not JSON.")
        if not isinstance(message, dict):
            return self._bad("The message must be a JSON object.")
        match message.get("type"):
            case "subscribe":
                return self._subscribe(message)
            case "complete":
                return self._complete(message)
            case "ping":
                return self._ping(message)
            case "pong":
                return self._pong(message)
            case "connection_init":
                return self._init(message)
            case str() as other:
                return self._bad(f"A client cannot send {other[:40]!r}.")
            case _:
                return self._bad("The message needs a `type`, a string.")

    def receive_binary(self) -> Action:
        """What to do about a binary frame: every message is a text."""
        return None if self.state is State.CLOSED else self._bad("Messages are text frames.")

    def ready(self) -> None:
        """The init was accepted; the ack is being sent."""
        assert self.state is State.CHECKING, f"ready in state {self.state}"
        self.state = State.READY

    def init_timed_out(self) -> Action:
        """The time for connection_init is over; None when it came."""
        if self.state is not State.OPENED:
            return None
        return self.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")

    def finished(self, operation_id: str) -> None:
        """The operation's last message was sent: its id may be used again."""
        self.active.discard(operation_id)

    def close(self, code: CloseCode, reason: str) -> Close:
        """Decide to close."""
        self.state = State.CLOSED
        self.active.clear()
        return Close(code, bounded_reason(reason))

    def _init(self, message: dict[str, Any]) -> Action:
        # "If the server receives more than one ConnectionInit message at any given time, the
        # server will close the socket with the event 4429."
        if self.state is not State.OPENED:
            return self.close(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        payload = message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            return self._bad("The payload of connection_init must be an object.")
        self.state = State.CHECKING
        return Init(payload or {})

    def _subscribe(self, message: dict[str, Any]) -> Action:
        # "Executing operations is allowed only after the server has acknowledged the connection
        # […]; if not, the server will close the socket with the event 4401."
        if self.state is not State.READY:
            return self.close(CloseCode.UNAUTHORIZED, "Unauthorized")
        operation_id, payload = message.get("id"), message.get("payload")
        if not _is_id(operation_id):
            return self._bad(_ID_RULE)
        if not isinstance(payload, dict):
            return self._bad("The payload of subscribe must be an object.")
        query, name = payload.get("query"), payload.get("operationName")
        variables, extensions = payload.get("variables"), payload.get("extensions")
        if not isinstance(query, str):
            return self._bad("The payload's query must be a string.")
        if name is not None and not isinstance(name, str):
            return self._bad("The payload's operationName must be a string.")
        if variables is not None and not isinstance(variables, dict):
            return self._bad("The payload's variables must be an object.")
        if extensions is not None and not isinstance(extensions, dict):
            return self._bad("The payload's extensions must be an object.")
        if operation_id in self.active:
            return self.close(
                CloseCode.DUPLICATE_ID, f"Subscriber for {operation_id} already exists"
            )
        self.active.add(operation_id)
        return Start(operation_id, query, name, variables, extensions)

    def _complete(self, message: dict[str, Any]) -> Action:
        operation_id = message.get("id")
        if not _is_id(operation_id):
            return self._bad(_ID_RULE)
        if operation_id not in self.active:
            return None  # it has just ended on our side, and our complete is on its way
        self.active.discard(operation_id)
        return Stop(operation_id)

    def _ping(self, message: dict[str, Any]) -> Action:
        payload = message.get("payload")
        if payload is None:
            return Reply('{"type":"pong"}')
        if not isinstance(payload, dict):
            return self._bad("The payload of ping must be an object.")
        try:
            return Reply(_text({"type": "pong", "payload": payload}))
        except orjson.JSONEncodeError:  # orjson reads deeper nesting than it writes
            return self._bad("The payload of ping is nested too deeply.")

    def _pong(self, message: dict[str, Any]) -> Action:
        payload = message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            return self._bad("The payload of pong must be an object.")
        return None

    def _bad(self, reason: str) -> Close:
        # "Receiving a message of a type or format which is not specified in this document will
        # result in an immediate socket closure with the event 4400."
        return self.close(CloseCode.BAD_REQUEST, reason)


_ID_RULE = f"The message needs an `id`, a string of 1 to {ID_CHARACTERS_MAX} characters."


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= ID_CHARACTERS_MAX


def bytes_of(text: str) -> int:
    """How many bytes `text` has on the wire."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def bounded_reason(reason: str) -> str:
    """`reason`, cut to what a close frame can carry."""
    encoded = reason.encode()
    if len(encoded) <= REASON_BYTES_MAX:
        return reason
    return encoded[: REASON_BYTES_MAX - 3].decode(errors="ignore") + "..."


def _text(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()


def ack_text(payload: dict[str, Any]) -> str:
    """connection_ack."""
    return _text({"type": "connection_ack", "payload": payload})


def ping_text(payload: dict[str, Any] | None) -> str:
    """A ping of ours."""
    return _text({"type": "ping", "payload": payload} if payload else {"type": "ping"})


def next_head(operation_id: str) -> bytes:
    """What comes before a result's JSON in a `next` message; `}` comes after it."""
    return b'{"id":' + orjson.dumps(operation_id) + b',"type":"next","payload":'


def tail_of(text: str) -> bytes:
    """What comes after a `next` message's head: a result's text, and the end of the message."""
    return text.encode() + b"}"


def error_text(operation_id: str, errors: list[Any]) -> str:
    """An operation's last message: it could not run, or cannot go on."""
    return _text({"id": operation_id, "type": "error", "payload": errors})


def complete_text(operation_id: str) -> str:
    """An operation's last message: it is done."""
    return _text({"id": operation_id, "type": "complete"})
