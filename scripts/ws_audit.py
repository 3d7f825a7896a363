"""Audits any graphql-transport-ws server from outside, line by line; run by people and by CI.

Plain TCP and a small RFC 6455 client of its own, because a proper client library would refuse to
send what a hostile peer sends. It reads the protocol as enisdenjo/graphql-ws states it in its
PROTOCOL.md (with ping and pong). Every rule is one small coroutine on fresh connections, found in
`RULES` in the order of this file: framing, session, audit, rules, report.
"""

import asyncio
import base64
import contextlib
import fnmatch
import hashlib
import itertools
import json
import os
import re
import ssl
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.exceptions import TyperException

PROTOCOL = "graphql-transport-ws"
GRACE_S = 0.4  # how long a message that was under way may still arrive, and a close may take
EVENT_RETRY_S = 1.0  # a trigger can outrun the subscription it should reach: fire it again
LEAVE_S = 1.0  # how long our own closing handshake waits for the server's half
REASON_BYTES_MAX = 123  # RFC 6455 5.5: a control frame carries 125 bytes, the code takes two
HEAD_BYTES_MAX = 64 * 1024  # of the HTTP answer; more than that is no answer to a handshake
SEEN_CHARS_MAX = 160  # of what one table cell tells
NESTING = 10_000  # deep enough to break a recursive reader, 20 KB, below common message limits
CODES_BROKEN = (1006, 1011)  # the socket broke, or the server says that it failed
PING_TEXT = b'{"type":"ping"}'

Message = dict[str, Any]

# What a message of an unforeseen shape can raise in a rule that reads it.
SURPRISES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


# --- framing: RFC 6455, pure ------------------------------------------------------------------


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    masked: bool = True  # a client's frames are, a server's are not


@dataclass(frozen=True, slots=True)
class Close:
    """How a socket ended. 1005: a close frame without a code; 1006: no close frame at all."""

    code: int
    reason: str

    def __str__(self) -> str:
        return f"closed {self.code} {clip(self.reason)!r}"


def mask(data: bytes, key: bytes) -> bytes:
    stream = (key * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")


def encode(frame: Frame, announced: int | None = None) -> bytes:
    """The frame's bytes; `announced` lies about the payload's length, None tells the truth."""
    size = len(frame.payload) if announced is None else announced
    head = bytes([frame.fin << 7 | frame.rsv << 4 | frame.opcode])
    mask_bit = frame.masked << 7
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 1 << 16:
        head += bytes([mask_bit | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([mask_bit | 127]) + size.to_bytes(8, "big")
    if not frame.masked:
        return head + frame.payload
    key = os.urandom(4)
    return head + key + mask(frame.payload, key)


def decode(buffer: bytes | bytearray) -> tuple[Frame, int] | None:
    """The first whole frame of the buffer and its length in bytes; None: more bytes are needed."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1] & 127, 2
    if size > 125:
        start += 2 if size == 126 else 8
        size = int.from_bytes(buffer[2:start], "big")
    masked = bool(buffer[1] & 128)
    key = bytes(buffer[start : start + 4]) if masked else b""
    start += 4 if masked else 0
    if len(buffer) < start + size:
        return None
    payload = bytes(buffer[start : start + size])
    first = buffer[0]
    frame = Frame(
        opcode=first & 15,
        payload=mask(payload, key) if masked else payload,
        fin=bool(first & 128),
        rsv=first >> 4 & 7,
        masked=masked,
    )
    return frame, start + size


def text_frame(text: str) -> Frame:
    return Frame(Opcode.TEXT, text.encode())


def close_of(payload: bytes) -> Close:
    if not payload:
        return Close(1005, "")
    return Close(int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace"))


def close_fault(payload: bytes) -> str | None:
    """What RFC 6455 has against this close frame's payload; None: nothing."""
    close = close_of(payload)
    legal = 1000 <= close.code <= 1014 and close.code not in (1004, 1006)
    if payload and (len(payload) == 1 or not (legal or 3000 <= close.code <= 4999)):
        return f"close code {close.code} may not stand on the wire"
    if len(payload) > REASON_BYTES_MAX + 2:
        return f"close reason of {len(payload) - 2} bytes"
    return None


def frame_fault(frame: Frame) -> str | None:
    if frame.masked:
        return "a masked frame"
    if frame.rsv:
        return "a reserved bit without an extension"
    if frame.opcode not in set(Opcode):
        return f"opcode {frame.opcode}"
    if frame.opcode >= Opcode.CLOSE and (not frame.fin or len(frame.payload) > 125):
        return "a control frame that is fragmented or too long"
    return None


# --- findings: how a rule's coroutine says anything but "held" --------------------------------


class Level(StrEnum):
    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Result(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


MUST, SHOULD, MAY = Level


class Finding(Exception):
    """The rule was not held: {seen}."""

    def __init__(self, seen: str) -> None:
        super().__init__(seen)
        self.seen = seen

    def result(self, level: Level) -> Result:
        return {Level.MUST: Result.FAIL, Level.SHOULD: Result.WARN, Level.MAY: Result.OK}[level]


class Weak(Finding):
    """The rule was held, but not well: {seen}."""

    def result(self, level: Level) -> Result:
        return Result.WARN


class Skipped(Finding):
    """The rule could not be tried: {seen}."""

    def result(self, level: Level) -> Result:
        return Result.SKIP


class Ended(Finding):
    """The socket ended while something else was awaited: {seen}."""

    def __init__(self, close: Close) -> None:
        super().__init__(str(close))
        self.close = close

    def result(self, level: Level) -> Result:
        # A crash is a fault whatever the rule's level: no rule allows it.
        return Result.FAIL if self.close.code in CODES_BROKEN else super().result(level)


class Refused(Finding):
    """The HTTP server did not switch to WebSocket: {seen}."""

    def __init__(self, status: int) -> None:
        super().__init__(f"handshake answered with HTTP {status}")
        self.status = status


def one_line(error: BaseException) -> str:
    return clip(" ".join(str(error).split()) or type(error).__name__)


def clip(text: str) -> str:
    shown = "".join(c if c.isprintable() else "·" for c in text)
    return shown if len(shown) <= SEEN_CHARS_MAX else shown[: SEEN_CHARS_MAX - 1] + "…"


# --- session: one socket, and everything its server said --------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int
    path: str
    tls: bool
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def tls_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context() if self.tls else None

    def request(self, method: str, *lines: str) -> bytes:
        given = [f"{name}: {value}" for name, value in self.headers]
        head = [f"{method} {self.path} HTTP/1.1", f"Host: {self.authority}", *lines, *given]
        return ("\r\n".join(head) + "\r\n\r\n").encode()


@dataclass(slots=True)
class Record:
    """What all sockets together saw: counts, and faults by the rule that they break."""

    messages: int = 0
    sockets: int = 0
    faults: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]  # names in lower case

    @classmethod
    def parse(cls, head: bytes) -> "Response":
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        words = status.split()
        number = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        return cls(number, {name.strip().lower(): value.strip() for name, _, value in pairs})


class Wire(asyncio.Protocol):
    """One TCP connection: first the HTTP answer, then frames, then its end.

    A protocol and not a stream: nothing that arrived before a reset is lost, and no reader waits.
    """

    def __init__(self, on_frame: Callable[[Frame], None], on_end: Callable[[Close], None]) -> None:
        self.response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._on_frame = on_frame
        self._on_end = on_end
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.response.done():
            self._read_head()
        if self.response.done():
            self._read_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.response.done():
            self.response.set_exception(ConnectionError("the connection ended in the handshake"))
            self.response.exception()  # nobody may be waiting any more
        self._on_end(Close(1006, str(exc) if exc else "TCP ended without a close frame"))

    def _read_head(self) -> None:
        head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if end:
            self._buffer = bytearray(rest)
            self.response.set_result(Response.parse(head))
        elif len(head) > HEAD_BYTES_MAX:
            self.response.set_result(Response(0, {}))

    def _read_frames(self) -> None:
        while (found := decode(self._buffer)) is not None:
            frame, size = found
            del self._buffer[:size]
            self._on_frame(frame)


class Session:
    """A socket that speaks the protocol as a client, or breaks it on purpose.

    `inbox` keeps what the server said and no rule has taken yet, in order. Pings of the server,
    of both kinds, are answered and not kept. `end` is None while the socket is open.
    """

    def __init__(self, record: Record, timeout_s: float) -> None:
        self.inbox: list[Message] = []
        self.ack: Message = {}
        self.end: Close | None = None
        self.protocol: str | None = None
        self.ws_pongs: list[bytes] = []
        self.timeout_s = timeout_s
        self._record = record
        self._transport: asyncio.Transport | None = None
        self._upgraded = False
        self._parts: list[bytes] = []
        self._opened: set[str] = set()
        self._finished: set[str] = set()
        self._let_go: set[str] = set()  # completed by us: what crosses that is nobody's fault
        self._news = asyncio.Event()

    # The way in and out.

    async def connect(self, target: Target, protocols: Sequence[str]) -> None:
        """Raises OSError when the server cannot be reached, Refused for any answer but 101."""
        key = base64.b64encode(os.urandom(16)).decode()
        async with asyncio.timeout(self.timeout_s):
            self._transport, wire = await asyncio.get_running_loop().create_connection(
                lambda: Wire(self._frame_came, self._ended),
                target.host,
                target.port,
                ssl=target.tls_context,
            )
            offer = [f"Sec-WebSocket-Protocol: {', '.join(protocols)}"] if protocols else []
            self._transport.write(
                target.request(
                    "GET",
                    "Connection: Upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    f"Sec-WebSocket-Key: {key}",
                    *offer,
                )
            )
            response = await wire.response
        if response.status != 101:
            raise Refused(response.status)
        self._record.sockets += 1
        self._upgraded = True
        self.protocol = response.headers.get("sec-websocket-protocol")
        self._judge_handshake(response, key, protocols)

    async def leave(self) -> None:
        """Closes as a client should, then the TCP connection, whatever state both are in."""
        if self._transport is None:
            return
        if self._upgraded and self.end is None:
            self.frames(Frame(Opcode.CLOSE, (1000).to_bytes(2, "big")))
            await self.closed(LEAVE_S)
        self._transport.close()

    def cut(self) -> None:
        """Ends the TCP connection without a word."""
        assert self._transport is not None
        self._transport.abort()

    # What we say.

    def raw(self, data: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(data)

    def frames(self, *frames: Frame) -> None:
        """In one write, so that the server finds them together."""
        self.raw(b"".join(encode(frame) for frame in frames))

    def texts(self, *texts: str, opens: object = ...) -> None:
        """`opens`: the id of a subscribe among the texts, however malformed; `...`: none."""
        if opens is not ...:
            self._opens(opens)
        self.frames(*(text_frame(text) for text in texts))

    def send(self, *messages: Message) -> None:
        for message in messages:
            if message["type"] == "subscribe":
                self._opens(message["id"])
            if message["type"] == "complete":
                self._let_go.add(json.dumps(message["id"]))
        self.texts(*(json.dumps(message) for message in messages))

    # What we hear.

    async def poll(self, kind: str | None, of: str | None, within: float) -> Message | None:
        """Takes the first message of that type and id (None: any); None when none comes in time.

        Raises Ended when the socket ends before such a message.
        """
        deadline = asyncio.get_running_loop().time() + within
        while True:
            for place, message in enumerate(self.inbox):
                if kind in (None, message.get("type")) and of in (None, message.get("id")):
                    return self.inbox.pop(place)
            if self.end is not None:
                raise Ended(self.end)
            if not await self._hear(deadline):
                return None

    async def take(self, kind: str | None = None, of: str | None = None) -> Message:
        """As poll, but silence is a finding."""
        message = await self.poll(kind, of, self.timeout_s)
        if message is None:
            wanted = f"{kind or 'answer'}{f' for {clip(of)}' if of else ''}"
            said = f", only {summary(self.inbox)}" if self.inbox else ""
            raise Finding(f"no {wanted} within {self.timeout_s:g} s{said}")
        return message

    async def closed(self, within: float) -> Close | None:
        """How the socket ended; None: it is open still."""
        deadline = asyncio.get_running_loop().time() + within
        while self.end is None and await self._hear(deadline):
            pass
        return self.end

    async def closed_or_answering(self) -> Close | None:
        """How the socket ended; None: it goes on answering pings, or is silent."""
        if await self.closed(GRACE_S) is None:
            self.send({"type": "ping"})
            with contextlib.suppress(Ended):
                if pong := await self.poll("pong", None, self.timeout_s):
                    self.inbox.append(pong)
            await self.closed(GRACE_S)
        return self.end

    async def answers(self) -> None:
        """The socket is open and in use: a ping gets its pong."""
        self.send({"type": "ping"})
        await self.take("pong")

    def drop(self, of: str) -> list[Message]:
        """Takes all that has come for that id."""
        dropped = [message for message in self.inbox if message.get("id") == of]
        self.inbox = [message for message in self.inbox if message.get("id") != of]
        return dropped

    async def _hear(self, deadline: float) -> bool:
        """Waits for anything to happen; False: the deadline came first."""
        self._news.clear()
        try:
            async with asyncio.timeout_at(deadline):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    # What the wire brings.

    def _ended(self, close: Close) -> None:
        if self.end is None:
            self.end = close
        self._news.set()

    def _frame_came(self, frame: Frame) -> None:
        if self.end is not None:
            return
        self._fault("server-frames-legal", frame_fault(frame))
        match frame.opcode:
            case Opcode.CLOSE:
                self._fault("close-frames-legal", close_fault(frame.payload))
                self.frames(Frame(Opcode.CLOSE, frame.payload[:2]))
                self._ended(close_of(frame.payload))
            case Opcode.PING:
                self.frames(Frame(Opcode.PONG, frame.payload))
            case Opcode.PONG:
                self.ws_pongs.append(frame.payload)
                self._news.set()
            case _:
                if frame.opcode == Opcode.BINARY:
                    self._fault("server-text-frames", "a binary frame")
                self._parts.append(frame.payload)
                if frame.fin:
                    whole, self._parts = b"".join(self._parts), []
                    self._message_came(whole)

    def _message_came(self, data: bytes) -> None:
        self._record.messages += 1
        try:
            message = strict_json(data.decode())
        except (ValueError, RecursionError) as error:
            self._fault("server-json-objects", f"{clip(repr(data[:60]))}: {error}")
            return
        if not isinstance(message, dict):
            self._fault("server-json-objects", f"{clip(repr(data[:60]))} is no object")
            return
        self._fault("server-message-shape", shape_fault(message))
        self._fault("server-ids-known", self._id_fault(message))
        if message.get("type") == "ping":
            self.send({"type": "pong", "payload": message.get("payload")})
        else:
            self.inbox.append(message)
        self._news.set()

    def _id_fault(self, message: Message) -> str | None:
        kind = message.get("type")
        if kind not in ("next", "error", "complete"):
            return None
        operation = json.dumps(message.get("id"))
        if operation not in self._opened:
            return f"{kind} for id {clip(operation)}, which no operation has"
        if operation in self._finished and operation not in self._let_go:
            return f"{kind} for id {clip(operation)} after the server had ended it"
        if kind != "next":
            self._finished.add(operation)
        return None

    def _opens(self, operation: object) -> None:
        self._opened.add(json.dumps(operation))
        self._finished.discard(json.dumps(operation))

    def _judge_handshake(self, response: Response, key: str, offered: Sequence[str]) -> None:
        # RFC 6455 4.2.2: the SHA-1 of the key and a fixed GUID.
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1((key + guid).encode(), usedforsecurity=False).digest()
        if response.headers.get("sec-websocket-accept") != base64.b64encode(digest).decode():
            self._fault("handshake-legal", "a wrong Sec-WebSocket-Accept")
        if "sec-websocket-extensions" in response.headers:
            self._fault("handshake-legal", "an extension that was not offered")
        if self.protocol is not None and self.protocol not in offered:
            self._fault("handshake-legal", f"subprotocol {clip(self.protocol)!r}, not offered")

    def _fault(self, rule: str, seen: str | None) -> None:
        if seen is not None:
            self._record.faults[rule].append(seen)


def strict_json(text: str) -> Any:
    """As RFC 8259: NaN and Infinity, which Python reads, are errors."""

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def shape_fault(message: Message) -> str | None:
    """What the protocol has against this message of a server; None: nothing."""
    kind, payload = message.get("type"), message.get("payload")
    match kind:
        case "connection_ack" | "ping" | "pong":
            fine = payload is None or isinstance(payload, dict)
        case "next":
            fine = isinstance(payload, dict)
        case "error":
            fine = graphql_errors(payload)
        case "complete":
            fine = True
        case _:
            return f"type {clip(json.dumps(kind))}"
    return None if fine else f"{kind} with payload {clip(json.dumps(payload))}"


def graphql_errors(payload: object) -> bool:
    return (
        isinstance(payload, list)
        and len(payload) > 0
        and all(isinstance(e, dict) and isinstance(e.get("message"), str) for e in payload)
    )


def summary(messages: Sequence[Message]) -> str:
    """The messages' types in order, repeats counted, with the first error's words."""
    kinds = itertools.groupby(str(message.get("type")) for message in messages)
    counted = ((kind, len(list(group))) for kind, group in kinds)
    told = ", ".join(kind if n == 1 else f"{n} × {kind}" for kind, n in counted)
    return told + next((f" ({words})" for m in messages if (words := error_words(m))), "")


def error_words(message: Message) -> str:
    """The first GraphQL error that the message carries; "" when it carries none."""
    payload = message.get("payload")
    errors = payload.get("errors") if isinstance(payload, dict) else payload
    first = errors[0] if isinstance(errors, list) and errors else None
    return clip(str(first.get("message"))) if isinstance(first, dict) else ""


# --- audit: what the rules share --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Options:
    """None in an option: the rules that need it are skipped, and say so."""

    target: Target
    query: str
    subscription: str | None = None
    mutation: str | None = None
    slow_query: str | None = None
    trigger: str | None = None
    trigger_target: Target | None = None  # None: the trigger goes over the rule's own socket
    payload: Message | None = None
    max_message_bytes: int | None = None
    timeout_s: float = 5.0
    init_timeout_s: float = 15.0
    concurrency: int = 8
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    level: Level
    rule: str
    result: Result
    seen: str
    seconds: float


class Slots:
    """At most `count` sockets at once; a rule takes all that it needs in one go, or waits."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = count
        self._change = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def taken(self, wanted: int) -> AsyncIterator[None]:
        share = min(wanted, self._count)
        async with self._change:
            await self._change.wait_for(lambda: self._free >= share)
            self._free -= share
        try:
            yield
        finally:
            async with self._change:
                self._free += share
                self._change.notify_all()


class Audit:
    """Opens sockets for the rules, and keeps what all of them saw."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.record = Record()
        self.slots = Slots(options.concurrency)
        self._numbers = itertools.count(1)

    @contextlib.asynccontextmanager
    async def socket(self, protocols: Sequence[str] = (PROTOCOL,)) -> AsyncIterator[Session]:
        """A socket on which nothing has been said."""
        session = Session(self.record, self.options.timeout_s)
        try:
            await session.connect(self.options.target, protocols)
            yield session
        finally:
            await session.leave()

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A socket with an acknowledged connection."""
        async with self.socket() as session:
            session.send(self.init())
            session.ack = await session.take("connection_ack")
            yield session

    def init(self) -> Message:
        payload = self.options.payload
        more = {} if payload is None else {"payload": payload}
        return {"type": "connection_init", **more}

    def given(self, option: str) -> Any:
        """The option's value; raises Skipped where it was not given."""
        value = getattr(self.options, option)
        if value is None:
            raise Skipped(f"needs --{option.replace('_', '-')}")
        return value

    def subscribe(self, operation: str, option: str = "query") -> Message:
        """A subscribe message for the document in that option."""
        return subscribe(operation, self.given(option))

    async def event(self, session: Session, of: str) -> None:
        """Waits for an event of that subscription, and makes one if there is a trigger."""
        deadline = time.monotonic() + self.options.timeout_s
        while time.monotonic() < deadline:
            if self.options.trigger is not None:
                await self._fire(session, self.options.trigger)
            message = await session.poll(None, of, EVENT_RETRY_S)
            if message is not None and message.get("type") != "next":
                raise Finding(f"the subscription gave {summary([message])}")
            if message is not None:
                return
        raise Skipped(f"no event within {self.options.timeout_s:g} s; is a --trigger needed?")

    async def _fire(self, session: Session, document: str) -> None:
        if self.options.trigger_target is not None:
            await post(self.options.trigger_target, document, self.options.timeout_s)
            return
        operation = f"trigger-{next(self._numbers)}"
        session.send(subscribe(operation, document))
        if words := error_words(await session.take(None, operation)):
            raise Skipped(f"the trigger was refused: {words}")


def fresh(document: str) -> str:
    """Each sending may need its own key: `{{unique}}` becomes one."""
    return document.replace("{{unique}}", uuid.uuid4().hex)


def subscribe(operation: str, document: str, **more: object) -> Message:
    payload = {"query": fresh(document), **more}
    return {"id": operation, "type": "subscribe", "payload": payload}


def complete(operation: str) -> Message:
    return {"id": operation, "type": "complete"}


async def post(target: Target, document: str, timeout_s: float) -> None:
    """Sends the document over HTTP; raises Skipped when the server refuses it."""
    body = json.dumps({"query": fresh(document)}).encode()
    length = f"Content-Length: {len(body)}"
    kind = "Content-Type: application/json"
    request = target.request("POST", kind, length, "Accept: application/json", "Connection: close")
    async with asyncio.timeout(timeout_s):
        tls = target.tls_context
        reader, writer = await asyncio.open_connection(target.host, target.port, ssl=tls)
        try:
            writer.write(request + body)
            head, _, content = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
    status = Response.parse(head).status
    if status != 200 or re.search(rb'"errors"\s*:\s*\[', content):
        words = content[-SEEN_CHARS_MAX:].decode("utf-8", "replace")
        raise Skipped(f"the trigger was refused: HTTP {status} {words}")


Run = Callable[[Audit], Awaitable[str]]
Step = Callable[[Audit, Session], Awaitable[str]]
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Rule:
    """`run` returns what was seen where the rule is held, and raises a Finding otherwise."""

    name: str
    level: Level
    rule: str
    run: Run
    sockets: int = 1

    async def row(self, audit: Audit) -> Row:
        result, seen, began = Result.OK, "", time.monotonic()
        limit_s = 10 * audit.options.timeout_s + audit.options.init_timeout_s
        try:
            async with audit.slots.taken(self.sockets), asyncio.timeout(limit_s):
                began = time.monotonic()
                seen = await self.run(audit)
        except Finding as finding:
            result, seen = finding.result(self.level), finding.seen
        except OSError as error:
            result, seen = Result.FAIL, f"connection: {one_line(error)}"
        except SURPRISES as error:  # becomes a row: nobody who runs an audit wants a traceback
            result, seen = Result.FAIL, f"unforeseen answer: {type(error).__name__}: {error}"
        seconds = round(time.monotonic() - began, 3)
        return Row(self.name, self.level, self.rule, result, clip(seen), seconds)


RULES: list[Rule] = []


def add(name: str, level: Level, words: str, run: Run, sockets: int = 1) -> None:
    RULES.append(Rule(name.replace("_", "-"), level, words, run, sockets))


def acknowledged(step: Step) -> Run:
    async def run(audit: Audit) -> str:
        async with audit.session() as session:
            return await step(audit, session)

    return run


def unacknowledged(step: Step) -> Run:
    async def run(audit: Audit) -> str:
        async with audit.socket() as session:
            return await step(audit, session)

    return run


def rule(level: Level, words: str, sockets: int = 1) -> Callable[[Run], Run]:
    """Registers a coroutine that opens its sockets itself, under the function's name."""

    def register(run: Run) -> Run:
        add(run.__name__, level, words, run, sockets)
        return run

    return register


def on_session(
    level: Level, words: str, start: Callable[[Step], Run] = acknowledged
) -> Callable[[Step], Step]:
    """Registers a coroutine that is given an acknowledged connection."""

    def register(step: Step) -> Step:
        add(step.__name__, level, words, start(step))
        return step

    return register


def on_socket(level: Level, words: str) -> Callable[[Step], Step]:
    """Registers a coroutine that is given a socket before connection_init."""
    return on_session(level, words, unacknowledged)


def add_all(
    words: str,
    start: Callable[[Step], Run],
    step_for: Callable[[Given], Step],
    rows: Iterable[tuple[str, str, Given]],
) -> None:
    """One MUST for each row of name, what stands in the words' place, and what is tried."""
    for name, what, given in rows:
        add(name, MUST, words.format(what), start(step_for(given)))


# --- audit: what rules look for ---------------------------------------------------------------


def judged(close: Close | None, codes: Sequence[int], session: Session) -> str:
    """The close's words where its code is one of these; raises Finding otherwise."""
    if close is None:
        raise Finding(f"the socket stays open and answers {summary(session.inbox) or 'nothing'}")
    if close.code not in codes:
        raise Ended(close)
    if close.code >= 4000 and not close.reason:
        raise Weak(f"{close}: no reason given")
    return str(close)


async def refused(session: Session, *codes: int) -> str:
    return judged(await session.closed_or_answering(), codes, session)


async def result_of(session: Session, operation: str) -> Message:
    """The payload of a single result: one next, then complete."""
    came = [await session.take(None, operation)]
    if came[0].get("type") == "next":
        came.append(await session.take(None, operation))
    if [message.get("type") for message in came] != ["next", "complete"]:
        raise Finding(f"{summary(came)} where next, complete was due")
    payload: Message = came[0]["payload"]
    return payload


async def asked(session: Session, message: Message) -> Message:
    session.send(message)
    return await result_of(session, message["id"])


async def told(session: Session, message: Message) -> str:
    """As asked, in words."""
    words = error_words({"payload": await asked(session, message)})
    return f"next with errors ({words}), complete" if words else "next, complete"


async def error_stays_local(session: Session, message: Message) -> str:
    """The operation ends with `error` for its id, and the socket serves on."""
    session.send(message)
    answer = await session.take(None, message["id"])
    if answer.get("type") != "error" or not graphql_errors(answer.get("payload")):
        raise Finding(f"{shape_fault(answer) or summary([answer])} where an error was due")
    await session.answers()
    return summary([answer])


async def survived(session: Session) -> str:
    """The server took it, told an error, or refused it; what it did not do is break."""
    try:
        while (answer := await session.take()).get("type") not in ("next", "error", "pong"):
            pass
        return summary([answer])
    except Ended as ended:
        if ended.close.code in (4400, 1003, 1007, 1009):
            return ended.seen
        if ended.close.code in CODES_BROKEN:
            raise
        raise Weak(f"{ended.seen}, where 4400 is meant") from None


# --- rules: handshake and connection ----------------------------------------------------------


@on_socket(MUST, "The server takes up the subprotocol graphql-transport-ws.")
async def subprotocol_accepted(_: Audit, session: Session) -> str:
    if session.protocol != PROTOCOL:
        raise Finding(f"101 with subprotocol {session.protocol!r}")
    return f"101 with {PROTOCOL}"


@rule(MUST, "Among several offered subprotocols the server finds the one it speaks.")
async def subprotocol_picked(audit: Audit) -> str:
    async with audit.socket(("x-audit-first", PROTOCOL, "x-audit-last")) as session:
        session.send(audit.init())
        await session.take("connection_ack")
        return await subprotocol_accepted(audit, session)


def unserved(protocols: Sequence[str]) -> Run:
    async def run(audit: Audit) -> str:
        try:
            async with audit.socket(protocols) as session:
                session.send(audit.init())
                answer = await session.poll(None, None, audit.options.timeout_s)
                raise Finding(f"served: {summary([answer])}" if answer else "the socket stays open")
        except Refused as refusal:
            if not 400 <= refusal.status < 500:
                raise
            return refusal.seen
        except Ended as ended:
            if ended.close.code == 4406:
                return ended.seen
            if ended.close.code in CODES_BROKEN:
                raise
            raise Weak(f"{ended.seen}, where 4406 is usual") from None

    return run


UNSERVED = "A client that offers {} is refused: HTTP 4xx, or close 4406."
add("subprotocol-unknown", MUST, UNSERVED.format("unknown names"), unserved(["x-audit-unknown"]))
add("subprotocol-none", MUST, UNSERVED.format("no subprotocol"), unserved([]))


@on_session(MUST, "connection_init is answered with connection_ack, once.")
async def init_acked(_: Audit, session: Session) -> str:
    if await session.poll("connection_ack", None, GRACE_S):
        raise Finding("a second connection_ack")
    return "connection_ack"


@on_session(MUST, "The payload of connection_ack is an object, null or absent.")
async def ack_payload(_: Audit, session: Session) -> str:
    payload = session.ack.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Finding(f"payload {clip(json.dumps(payload))}")
    return f"payload with {', '.join(payload)}" if payload else "no payload"


def legal_init(message: Message) -> Step:
    """Acknowledged, or turned away as a stranger; never as malformed."""

    async def step(_: Audit, session: Session) -> str:
        session.send(message)
        try:
            return summary([await session.take("connection_ack")])
        except Ended as ended:
            if ended.close.code not in (4401, 4403):
                raise
            return f"{ended.seen}: not allowed in, but not malformed"

    return step


LEGAL_INITS: tuple[tuple[str, str, Message], ...] = (
    ("init-payload-absent", "no payload", {"type": "connection_init"}),
    ("init-payload-null", "payload null", {"type": "connection_init", "payload": None}),
    ("init-payload-empty", "an empty payload", {"type": "connection_init", "payload": {}}),
)
add_all("connection_init with {} is legal.", unacknowledged, legal_init, LEGAL_INITS)


@on_session(MUST, "A second connection_init after the ack closes with 4429.")
async def init_twice(audit: Audit, session: Session) -> str:
    session.send(audit.init())
    return await refused(session, 4429)


@on_socket(MUST, "A second connection_init while the first is being looked at closes with 4429.")
async def init_twice_at_once(audit: Audit, session: Session) -> str:
    session.send(audit.init(), audit.init())
    return await refused(session, 4429)


@on_socket(MUST, "subscribe without an acknowledged connection closes with 4401.")
async def subscribe_before_init(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("early"))
    return await refused(session, 4401)


@on_socket(MAY, "subscribe right behind connection_init is served after the ack, or closes 4401.")
async def subscribe_behind_init(audit: Audit, session: Session) -> str:
    session.send(audit.init())
    return await told(session, audit.subscribe("early"))


async def timed_out(audit: Audit, idle: Session) -> str:
    began = time.monotonic()
    close = await idle.closed(audit.options.init_timeout_s)
    if close is None:
        raise Skipped(f"open after {audit.options.init_timeout_s:g} s; raise --init-timeout?")
    return f"{judged(close, (4408,), idle)} after {time.monotonic() - began:.1f} s"


@on_socket(MUST, "Without connection_init within the server's time limit it closes with 4408.")
async def init_timeout(audit: Audit, session: Session) -> str:
    return await timed_out(audit, session)


@rule(MUST, "That time limit does not touch an acknowledged connection.", sockets=2)
async def init_timer_stops(audit: Audit) -> str:
    async with audit.session() as session, audit.socket() as idle:
        await timed_out(audit, idle)
        await session.answers()
        return "the acknowledged socket answers on"


# --- rules: ping and pong ---------------------------------------------------------------------


@on_socket(MUST, "A ping before the ack is answered with a pong.")
async def ping_before_ack(_: Audit, session: Session) -> str:
    await session.answers()
    return "pong"


@on_session(MUST, "A ping after the ack is answered with a pong.")
async def ping_after_ack(_: Audit, session: Session) -> str:
    await session.answers()
    return "pong"


@on_session(MUST, "A ping with payload null is legal.")
async def ping_payload_null(_: Audit, session: Session) -> str:
    session.send({"type": "ping", "payload": None})
    return summary([await session.take("pong")])


@on_session(SHOULD, "The pong brings the ping's payload back.")
async def ping_payload_echoed(_: Audit, session: Session) -> str:
    payload = {"audit": uuid.uuid4().hex, "list": [1, None, {"ü": "✓"}]}
    session.send({"type": "ping", "payload": payload})
    pong = await session.take("pong")
    if pong.get("payload") != payload:
        raise Finding(f"pong with payload {clip(json.dumps(pong.get('payload')))}")
    return "pong with the same payload"


@on_session(MUST, "Pings never close the socket: fifty at once get fifty pongs.")
async def pings_many(_: Audit, session: Session) -> str:
    session.send(*({"type": "ping"} for _ in range(50)))
    return summary([await session.take("pong") for _ in range(50)])


@on_socket(MUST, "A pong that nobody asked for is ignored, before the ack and after it.")
async def pong_unsolicited(audit: Audit, session: Session) -> str:
    pongs: list[Message] = [{"type": "pong", "payload": value} for value in (None, {"audit": 1})]
    session.send({"type": "pong"}, *pongs, audit.init())
    await session.take("connection_ack")
    session.send({"type": "pong"}, *pongs)
    await session.answers()
    return "ignored"


# --- rules: operations ------------------------------------------------------------------------


@on_session(MUST, "A query is answered with one next and then complete.")
async def query(audit: Audit, session: Session) -> str:
    return await told(session, audit.subscribe("q"))


@on_session(MUST, "A mutation is answered with one next and then complete.")
async def mutation(audit: Audit, session: Session) -> str:
    return await told(session, audit.subscribe("m", "mutation"))


@on_session(MUST, "operationName, variables and extensions may be null.")
async def query_null_options(audit: Audit, session: Session) -> str:
    nulls = {"operationName": None, "variables": None, "extensions": None}
    return await told(session, subscribe("q", audit.options.query, **nulls))


@on_session(MUST, "variables and extensions may be empty objects.")
async def query_empty_options(audit: Audit, session: Session) -> str:
    return await told(session, subscribe("q", audit.options.query, variables={}, extensions={}))


@on_session(MUST, "operationName picks one operation of a document.")
async def operation_by_name(_: Audit, session: Session) -> str:
    document = "query A { a: __typename } query B { b: __typename }"
    payload = await asked(session, subscribe("q", document, operationName="B"))
    if list(payload.get("data") or ()) != ["b"]:
        raise Finding(f"payload {clip(json.dumps(payload))}")
    return "the named one answered"


@on_session(MUST, "Operations with different ids run side by side on one socket.")
async def operations_side_by_side(audit: Audit, session: Session) -> str:
    operations = [f"q{number}" for number in range(5)]
    session.send(*(audit.subscribe(operation) for operation in operations))
    for operation in operations:
        await result_of(session, operation)
    return "5 × next, complete"


@on_session(MUST, "A subscription gives a next for each event and stays open.")
async def subscription_events(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("s", "subscription"))
    for _ in range(2):
        await audit.event(session, "s")
    return "2 × next"


async def silent_beside_other(audit: Audit, session: Session) -> str:
    """While events reach the subscription `other`, none reaches `s`, once the grace is over."""
    await session.answers()
    await session.closed(GRACE_S)
    under_way = len(session.drop("s"))
    session.drop("other")
    stragglers = await reached_beside_other(audit, session)
    # A source that is stopped while it waits may give the event that it waited for.
    if stragglers and (more := await reached_beside_other(audit, session)):
        raise Finding(f"{summary(stragglers + more)} after complete, and no end of it")
    if stragglers:
        raise Weak(f"{summary(stragglers)} long after complete, then silence")
    return f"silent while another subscription got events ({under_way} were under way)"


async def reached_beside_other(audit: Audit, session: Session) -> list[Message]:
    for _ in range(2):
        await audit.event(session, "other")
    await session.closed(GRACE_S)
    return session.drop("s")


@on_session(MUST, "After the client's complete come only those next that were under way.")
async def complete_stops_events(audit: Audit, session: Session) -> str:
    session.send(*(audit.subscribe(name, "subscription") for name in ("s", "other")))
    await audit.event(session, "s")
    session.send(complete("s"))
    return await silent_beside_other(audit, session)


@on_session(MUST, "complete right behind subscribe ends the subscription before its first event.")
async def complete_before_event(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("s", "subscription"), complete("s"))
    session.send(audit.subscribe("other", "subscription"))
    return await silent_beside_other(audit, session)


@on_session(SHOULD, "The client's complete is not answered with complete.")
async def complete_not_echoed(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("s", "subscription"))
    await session.answers()
    session.send(complete("s"))
    await session.answers()
    if await session.poll("complete", "s", GRACE_S):
        raise Finding("complete came back")
    return "no complete came back"


@on_session(MUST, "complete right behind a query's subscribe does no harm.")
async def complete_query_at_once(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("q"), complete("q"))
    await session.answers()
    await session.closed(GRACE_S)
    came = summary(session.drop("q"))
    await asked(session, audit.subscribe("other"))
    return f"{came or 'nothing'} came, the socket serves on"


@on_session(MUST, "A query that the client completes while it runs sends no result.")
async def complete_query_in_flight(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("q", "slow_query"))
    await session.answers()
    if session.drop("q"):
        raise Skipped("answered before a ping was; --slow-query is not slow")
    session.send(complete("q"))
    await asked(session, audit.subscribe("whole", "slow_query"))
    await session.closed(GRACE_S)
    if messages := session.drop("q"):
        raise Finding(f"{summary(messages)} after complete")
    return "no result, while the same query ran to its end beside it"


@on_session(MUST, "complete for an id that was never used is ignored.")
async def complete_unknown_id(audit: Audit, session: Session) -> str:
    session.send(complete("never-opened"))
    return await told(session, audit.subscribe("q"))


@on_session(MUST, "complete for an operation that has ended is ignored.")
async def complete_after_end(audit: Audit, session: Session) -> str:
    await asked(session, audit.subscribe("q"))
    session.send(complete("q"), complete("q"))
    return await told(session, audit.subscribe("other"))


# --- rules: ids -------------------------------------------------------------------------------


async def duplicate(
    audit: Audit, session: Session, first: str, second: str, operation: str = "same"
) -> str:
    """Two operations under one id, from the documents in these options."""
    session.send(audit.subscribe(operation, first))
    await session.answers()
    session.send(audit.subscribe(operation, second))
    return await refused(session, 4409)


@on_session(MUST, "subscribe with the id of an active subscription closes with 4409.")
async def duplicate_id(audit: Audit, session: Session) -> str:
    return await duplicate(audit, session, "subscription", "subscription")


@on_session(MUST, "subscribe with the id of one still in preparation closes with 4409.")
async def duplicate_id_at_once(audit: Audit, session: Session) -> str:
    session.send(*(audit.subscribe("same", "subscription") for _ in range(2)))
    return await refused(session, 4409)


@on_session(MUST, "A query with the id of an active subscription closes with 4409.")
async def duplicate_id_of_query(audit: Audit, session: Session) -> str:
    return await duplicate(audit, session, "subscription", "query")


@on_session(MUST, "subscribe with the id of a query that still runs closes with 4409.")
async def duplicate_id_slow_query(audit: Audit, session: Session) -> str:
    return await duplicate(audit, session, "slow_query", "slow_query")


@on_session(MUST, "A duplicate id too long to stand in a close reason closes with 4409 as well.")
async def duplicate_id_long(audit: Audit, session: Session) -> str:
    return await duplicate(audit, session, "subscription", "subscription", "long-" * 40)


@rule(MUST, "Two connections may use the same id at the same time.", sockets=2)
async def id_per_connection(audit: Audit) -> str:
    async with audit.session() as one, audit.session() as other:
        for session in (one, other):
            session.send(audit.subscribe("same", "subscription"))
            await session.answers()
        for session in (one, other):
            await asked(session, audit.subscribe("q"))
        return "both serve on"


@on_session(MUST, "An id is free again once the server has completed its operation.")
async def id_again_after_end(audit: Audit, session: Session) -> str:
    for _ in range(3):
        await asked(session, audit.subscribe("q"))
    return "three queries under one id"


@on_session(MUST, "An id is free again once an error has ended its operation.")
async def id_again_after_error(audit: Audit, session: Session) -> str:
    await error_stays_local(session, subscribe("q", unknown_field()))
    return f"error, then {await told(session, audit.subscribe('q'))} under the same id"


@on_session(MUST, "The client may use an id for a query right behind its own complete.")
async def id_again_for_query(audit: Audit, session: Session) -> str:
    fields = set((await asked(session, audit.subscribe("q"))).get("data") or ())
    session.send(audit.subscribe("same", "subscription"))
    await session.answers()
    session.send(complete("same"), audit.subscribe("same"))
    came = [await session.take(None, "same")]
    while came[-1].get("type") == "next":
        came.append(await session.take(None, "same"))
    # Events of the old subscription may have been under way: the fields tell them apart.
    answers = [m for m in came[:-1] if set(m["payload"].get("data") or ()) == fields]
    if came[-1].get("type") != "complete" or not answers:
        raise Finding(f"{summary(came)}: no result of the new operation")
    return "next, complete of the new operation"


@on_session(MUST, "A subscription under an id used again lives: the old one's end is not its end.")
async def id_again_for_subscription(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("same", "subscription"))
    await audit.event(session, "same")
    session.send(complete("same"), audit.subscribe("same", "subscription"))
    for _ in range(4):
        await audit.event(session, "same")
    return "4 × next"


# --- rules: errors of one operation -----------------------------------------------------------


def local_error(message: Message) -> Step:
    async def step(_: Audit, session: Session) -> str:
        return await error_stays_local(session, message)

    return step


def refused_operation(message: Message) -> Step:
    """Not executable, though well-formed: both ways of telling that are in use."""

    async def step(_: Audit, session: Session) -> str:
        session.send(message)
        answer = await session.take(None, message["id"])
        if not error_words(answer):
            raise Finding(f"{summary([answer])} without errors")
        await session.answers()
        return summary([answer])

    return step


def unknown_field() -> str:
    return f"{{ audit{uuid.uuid4().hex} }}"


TWO = "query A { __typename } query C { __typename }"
NEEDY = "query ($with: Boolean!) { __typename @include(if: $with) }"
MISTYPED = {"with": {"no": "boolean"}}

add_all(
    "{} is an error for its id, and the socket stays open.",
    acknowledged,
    local_error,
    (
        ("syntax-error", "A syntax error", subscribe("q", "query { unclosed")),
        ("empty-document", "An empty document", subscribe("q", "")),
        ("validation-error", "A validation error", subscribe("q", unknown_field())),
        ("operation-unknown", "An unknown operationName", subscribe("q", TWO, operationName="B")),
    ),
)
add_all(
    "{} is an error, or a next with errors; the socket stays open.",
    acknowledged,
    refused_operation,
    (
        ("operation-ambiguous", "Two operations and no operationName", subscribe("q", TWO)),
        ("variable-missing", "A missing variable", subscribe("q", NEEDY)),
        ("variable-mistyped", "A mistyped variable", subscribe("q", NEEDY, variables=MISTYPED)),
    ),
)


@on_session(MUST, "error ends its operation: no next and no complete for that id follows.")
async def error_ends(_: Audit, session: Session) -> str:
    await error_stays_local(session, subscribe("q", unknown_field()))
    await session.closed(GRACE_S)
    if after := session.drop("q"):
        raise Finding(f"{summary(after)} after error")
    return "nothing follows"


@on_session(MUST, "One operation's error leaves the others running.")
async def error_spares_others(audit: Audit, session: Session) -> str:
    session.send(subscribe("bad", unknown_field()))
    seen = await told(session, audit.subscribe("good"))
    return f"{summary([await session.take('error', 'bad')])}; {seen}"


# --- rules: malformed messages ----------------------------------------------------------------


def operation_text(**changes: object) -> str:
    """A subscribe with fields changed; `...` takes a field away."""
    message = {**subscribe("bad", "{ __typename }"), **changes}
    return json.dumps({name: value for name, value in message.items() if value is not ...})


def payload_text(**changes: object) -> str:
    """A subscribe with fields of its payload changed; `...` takes a field away."""
    payload = {"query": "{ __typename }", **changes}
    kept = {name: value for name, value in payload.items() if value is not ...}
    return operation_text(payload=kept)


MALFORMED = (
    ("bad-text", "text that is no JSON", "no json"),
    ("bad-empty", "an empty message", ""),
    ("bad-half-json", "JSON that breaks off", '{"type":"ping"'),
    ("bad-two-values", "two JSON values in one message", '{"type":"ping"}{"type":"ping"}'),
    ("bad-nan", "NaN, which is no JSON", '{"type":"ping","payload":{"n":NaN}}'),
    ("bad-array", "an array as message", "[]"),
    ("bad-number", "a number as message", "1"),
    ("bad-null", "null as message", "null"),
    ("bad-string", "a string as message", '"str"'),
    ("bad-object", "an object without type", "{}"),
    ("bad-type-missing", "a subscribe without type", operation_text(type=...)),
    ("bad-type-unknown", "an unknown type", '{"type":"audit"}'),
    ("bad-type-number", "a number as type", '{"type":7}'),
    ("bad-type-null", "null as type", '{"type":null}'),
    ("bad-type-object", "an object as type", '{"type":{}}'),
    ("bad-ping-string", "a string as ping's payload", '{"type":"ping","payload":"x"}'),
    ("bad-ping-array", "an array as ping's payload", '{"type":"ping","payload":[]}'),
    ("bad-pong-string", "a string as pong's payload", '{"type":"pong","payload":"x"}'),
    ("bad-id-missing", "subscribe without id", operation_text(id=...)),
    ("bad-id-empty", "subscribe with an empty id", operation_text(id="")),
    ("bad-id-number", "subscribe with a number as id", operation_text(id=1)),
    ("bad-id-object", "subscribe with an object as id", operation_text(id={})),
    ("bad-id-null", "subscribe with null as id", operation_text(id=None)),
    ("bad-payload-missing", "subscribe without payload", operation_text(payload=...)),
    ("bad-payload-null", "subscribe with payload null", operation_text(payload=None)),
    ("bad-payload-string", "subscribe with a string as payload", operation_text(payload="x")),
    ("bad-payload-array", "subscribe with an array as payload", operation_text(payload=[])),
    ("bad-query-missing", "subscribe without query", payload_text(query=...)),
    ("bad-query-null", "subscribe with query null", payload_text(query=None)),
    ("bad-query-number", "subscribe with a number as query", payload_text(query=1)),
    ("bad-query-object", "subscribe with an object as query", payload_text(query={})),
    ("bad-variables-array", "an array as variables", payload_text(variables=[])),
    ("bad-variables-string", "a string as variables", payload_text(variables="{}")),
    ("bad-operation-number", "a number as operationName", payload_text(operationName=1)),
    ("bad-extensions-array", "an array as extensions", payload_text(extensions=[])),
    ("bad-extensions-string", "a string as extensions", payload_text(extensions="x")),
    ("bad-complete-no-id", "complete without id", '{"type":"complete"}'),
    ("bad-complete-number", "complete with a number as id", '{"type":"complete","id":1}'),
    ("bad-complete-object", "complete with an object as id", '{"type":"complete","id":{}}'),
)
MALFORMED_BEFORE_ACK = (
    ("bad-init-array", "an array as payload of init", '{"type":"connection_init","payload":[]}'),
    ("bad-init-string", "a string as payload of init", '{"type":"connection_init","payload":"x"}'),
    ("bad-init-number", "a number as payload of init", '{"type":"connection_init","payload":0}'),
    ("bad-before-init", "an array before connection_init", "[]"),
)


def malformed(text: str) -> Step:
    async def step(_: Audit, session: Session) -> str:
        session.texts(text, opens=id_of(text))
        return await refused(session, 4400)

    return step


def id_of(text: str) -> object:
    """The id in a malformed message: what a server says of it is no second fault."""
    with contextlib.suppress(ValueError, AttributeError):
        return json.loads(text).get("id")
    return None


add_all("Refused with close code 4400: {}.", acknowledged, malformed, MALFORMED)
add_all("Refused with close code 4400: {}.", unacknowledged, malformed, MALFORMED_BEFORE_ACK)


@on_session(SHOULD, "Refused with close code 4400: a message that only servers send.")
async def bad_direction(_: Audit, session: Session) -> str:
    session.send({"id": "a", "type": "next", "payload": {"data": None}})
    return await refused(session, 4400)


# --- rules: legal or nearly so, and hostile ---------------------------------------------------


def hostile(text: str) -> Step:
    async def step(_: Audit, session: Session) -> str:
        session.texts(text, opens="bad")
        return await survived(session)

    return step


EXTENDED = payload_text(extensions={"audit": 0})  # no server needs to read what stands there
DEEP = EXTENDED.replace(": 0", f": {'[' * NESTING}{']' * NESTING}")
LONG_NUMBER = EXTENDED.replace(": 0", f": {'7' * 5000}")
TWICE = '{"type":"pong","type":"ping","payload":[],"payload":{"a":1,"a":2}}'

add_all(
    "No crash: {} is served, told as an error, or refused with 4400.",
    acknowledged,
    hostile,
    (
        ("deep-nesting", f"JSON nested {NESTING:,} deep", DEEP),
        ("long-number", "a number of 5,000 digits", LONG_NUMBER),
        ("duplicate-keys", "an object with a key twice", TWICE),
        ("lone-surrogate", "half a surrogate pair", '{"type":"ping","payload":{"a":"\\ud800"}}'),
    ),
)


@on_session(MUST, "No crash: an id of 10,000 characters is served, an error, or refused.")
async def huge_id(audit: Audit, session: Session) -> str:
    session.send(audit.subscribe("x" * 10_000))
    return await survived(session)


@on_session(MUST, "Any non-empty string is an id, whatever it means to a language.")
async def odd_ids(audit: Audit, session: Session) -> str:
    ids = ["__proto__", "constructor", "toString", "0", " ", "null", "\0", "ü✓\U0001f600", "a.b:c"]
    for operation in ids:
        await asked(session, audit.subscribe(operation))
    return f"{len(ids)} × next, complete"


# --- rules: frames ----------------------------------------------------------------------------


@on_session(SHOULD, "A binary frame is refused with 4400 or 1003: messages are texts.")
async def frame_binary(_: Audit, session: Session) -> str:
    session.frames(Frame(Opcode.BINARY, PING_TEXT))
    return await refused(session, 4400, 1003)


@on_session(MUST, "A text frame that is not UTF-8 closes with 1007 or 4400.")
async def frame_bad_utf8(_: Audit, session: Session) -> str:
    session.frames(Frame(Opcode.TEXT, b'{"type":"ping","payload":{"a":"\xff\xfe"}}'))
    return await refused(session, 1007, 4400)


@on_session(MUST, "A message may come in several frames, with a WebSocket ping between them.")
async def frame_fragments(_: Audit, session: Session) -> str:
    data = '{"type":"ping","payload":{"a":"ü✓"}}'.encode()
    session.frames(
        Frame(Opcode.TEXT, data[:9], fin=False),
        Frame(Opcode.PING, b"between"),
        Frame(Opcode.CONTINUATION, b"", fin=False),
        Frame(Opcode.CONTINUATION, data[9:32], fin=False),  # 32 lies within a character
        Frame(Opcode.CONTINUATION, data[32:]),
    )
    return summary([await session.take("pong")])


@on_session(MUST, "A WebSocket ping is answered with a WebSocket pong of the same bytes.")
async def frame_ping(_: Audit, session: Session) -> str:
    session.frames(Frame(Opcode.PING, b"audit"))
    await session.answers()
    if session.ws_pongs != [b"audit"]:
        raise Finding(f"pongs {clip(repr(session.ws_pongs))}")
    return "pong"


@on_session(MUST, "The client's normal closure is answered with a close frame.")
async def frame_close(audit: Audit, session: Session) -> str:
    session.frames(Frame(Opcode.CLOSE, (1000).to_bytes(2, "big") + b"done"))
    return judged(await session.closed(audit.options.timeout_s), (1000, 1005), session)


def broken_frame(frame: Frame) -> Step:
    async def step(_: Audit, session: Session) -> str:
        session.frames(frame)
        close = await session.closed_or_answering()
        if close is not None and close.code not in (1002, 4400, *CODES_BROKEN):
            raise Weak(f"{close}, where 1002 is meant")
        return judged(close, (1002, 4400), session)

    return step


add_all(
    "Refused with close code 1002: {}.",
    acknowledged,
    broken_frame,
    (
        ("frame-unmasked", "an unmasked frame", Frame(Opcode.TEXT, PING_TEXT, masked=False)),
        ("frame-reserved-bit", "an unagreed reserved bit", Frame(Opcode.TEXT, PING_TEXT, rsv=2)),
        ("frame-reserved-opcode", "an opcode without meaning", Frame(3, PING_TEXT)),
        ("frame-continuation", "a stray continuation", Frame(Opcode.CONTINUATION, PING_TEXT)),
        ("frame-long-control", "a ping of 126 bytes", Frame(Opcode.PING, b"x" * 126)),
    ),
)


@on_session(SHOULD, "A frame that announces a terabyte is refused before it comes: 1009.")
async def frame_announced_huge(audit: Audit, session: Session) -> str:
    session.raw(encode(Frame(Opcode.TEXT, b"{"), announced=1 << 40))
    # Nothing may follow: whatever we sent would be a part of the announced frame.
    return judged(await session.closed(audit.options.timeout_s), (1009, 1002, 4400), session)


@on_session(SHOULD, "A message of exactly the stated size is served.")
async def message_at_limit(audit: Audit, session: Session) -> str:
    session.texts(PING_TEXT.decode().ljust(audit.given("max_message_bytes")))
    return summary([await session.take("pong")])


@on_session(SHOULD, "A message one byte above the stated size is refused with 1009 or 4400.")
async def message_over_limit(audit: Audit, session: Session) -> str:
    session.texts(PING_TEXT.decode().ljust(audit.given("max_message_bytes") + 1))
    return await refused(session, 1009, 4400)


@rule(MUST, "A peer that vanishes in the middle of a frame harms no other socket.", sockets=2)
async def cut_in_frame(audit: Audit) -> str:
    async with audit.session() as bystander, audit.session() as broken:
        whole = encode(text_frame(json.dumps(audit.subscribe("q"))))
        broken.raw(whole[: len(whole) // 2])
        await asyncio.sleep(GRACE_S / 4)  # lets the half frame arrive as such
        broken.cut()
        return await told(bystander, audit.subscribe("q"))


@rule(MUST, "A peer that vanishes with operations running harms no other socket.", sockets=2)
async def cut_while_busy(audit: Audit) -> str:
    async with audit.session() as bystander, audit.session() as broken:
        bystander.send(audit.subscribe("s", "subscription"))
        broken.send(*(audit.subscribe(f"s{n}", "subscription") for n in range(5)))
        broken.send(*(audit.subscribe(f"q{n}") for n in range(5)))
        await broken.take()
        broken.cut()
        await audit.event(bystander, "s")
        return await told(bystander, audit.subscribe("q"))


# --- rules: over the whole run ----------------------------------------------------------------

OBSERVED = (
    ("handshake-legal", "Handshakes prove the key and choose only what was offered."),
    ("server-frames-legal", "The server's frames are unmasked and well-formed."),
    ("server-text-frames", "The server's messages are text frames."),
    ("server-json-objects", "The server's messages are JSON objects."),
    ("server-message-shape", "They have a type that servers send, and that type's payload."),
    ("server-ids-known", "next, error and complete are for an operation that has not ended."),
    ("close-frames-legal", "Close codes may stand on the wire; reasons are under 124 bytes."),
)


def observed(record: Record, name: str, words: str) -> Row:
    result = Result.OK if record.messages else Result.SKIP
    seen = f"{record.messages} messages on {record.sockets} sockets"
    if faults := record.faults[name]:
        result, seen = Result.FAIL, f"{len(faults)} ×, first: {faults[0]}"
    return Row(name, MUST, words, result, clip(seen), 0.0)


async def server_alive(audit: Audit) -> str:
    async with audit.session() as session:
        return await told(session, audit.subscribe("q"))


LAST = Rule("server-alive", MUST, "After all this a new client is served.", server_alive)


def check_names() -> list[str]:
    return [rule.name for rule in RULES] + [name for name, _ in OBSERVED] + [LAST.name]


async def run_audit(options: Options) -> list[Row]:
    """Raises OSError or Finding where not even a connection is acknowledged."""
    audit = Audit(options)
    async with audit.session():
        pass  # reaching the server is what every rule needs: without it there is no table

    def chosen(name: str) -> bool:
        return not options.only or any(fnmatch.fnmatch(name, only) for only in options.only)

    rows = await asyncio.gather(*(rule.row(audit) for rule in RULES if chosen(rule.name)))
    rows += [observed(audit.record, *row) for row in OBSERVED if chosen(row[0])]
    if chosen(LAST.name):
        rows.append(await LAST.row(audit))
    return rows


# --- report and command -----------------------------------------------------------------------

COLOURS = {Result.OK: "green", Result.WARN: "yellow", Result.FAIL: "bold red", Result.SKIP: "dim"}
WIDTH = 180  # of a table that goes to a file or a pipe, where nobody knows better


class WrongUsage(Exception):
    """{the option} is not what it should be."""


def table_of(rows: Sequence[Row]) -> Table:
    table = Table(pad_edge=False)
    for heading in ("check", "level", "rule", "result", "seen"):
        long = heading in ("rule", "seen")
        table.add_column(heading, ratio=1 if long else None, no_wrap=not long)
    for row in rows:
        result = Text(row.result, style=COLOURS[row.result])
        table.add_row(row.name, row.level, Text(row.rule), result, Text(row.seen))
    return table


def counts(rows: Sequence[Row]) -> dict[str, int]:
    return {result.value: sum(row.result is result for row in rows) for result in Result}


def report(url: str, rows: Sequence[Row], seconds: float, json_file: Path | None) -> None:
    """Raises OSError when the file cannot be written."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    console.print(table_of(rows))
    total = ", ".join(f"{count} {result}" for result, count in counts(rows).items())
    console.print(f"{len(rows)} checks of {url} in {seconds:.1f} s: {total}", markup=False)
    if json_file is not None:
        told = {"url": url, "summary": counts(rows), "rows": [asdict(row) for row in rows]}
        json_file.write_text(json.dumps(told, indent=2) + "\n")


def target_of(url: str, headers: tuple[tuple[str, str], ...]) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WrongUsage(f"{url!r}: {error}") from None
    if parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
        raise WrongUsage(f"not a ws://, wss://, http:// or https:// URL: {url!r}")
    if not url.isprintable() or " " in url:
        raise WrongUsage(f"a URL has no spaces: {url!r}")
    tls = parts.scheme in ("wss", "https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, port or (443 if tls else 80), path, tls, headers)


def header_of(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable():
        raise WrongUsage(f"--header is 'Name: value', not {text!r}")
    return name.strip(), value.strip()


def object_of(text: str) -> Message:
    try:
        value = strict_json(text)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"--payload is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise WrongUsage("--payload is no JSON object")
    return value


def known(patterns: Sequence[str]) -> tuple[str, ...]:
    names = check_names()
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise WrongUsage(f"no check is named {pattern!r}; there are {', '.join(names)}")
    return tuple(patterns)


def quit_with(code: int, words: str) -> NoReturn:
    raise typer.Exit(complain(code, words))


def complain(code: int, words: str) -> int:
    typer.echo(f"ws_audit: {' '.join(words.split())}", err=True)
    return code


EXAMPLES = """
Any server, with what needs no knowledge of its schema:

  ws_audit.py ws://localhost:4000/graphql

A server of the graphql-ws package, whose subscription emits by itself:

  ws_audit.py ws://localhost:4000/graphql --subscription 'subscription { ticks }'

Strawberry or Apollo Server, where a mutation over HTTP makes the events:

  ws_audit.py ws://localhost:8000/graphql
  --subscription 'subscription { posted { text } }'
  --trigger 'mutation { post(text: "{{unique}}") }'
  --trigger-url http://localhost:8000/graphql

Hasura, and any server that wants to know who asks:

  ws_audit.py wss://example.com/v1/graphql
  --payload '{"headers": {"x-hasura-role": "user"}}'

  ws_audit.py wss://example.com/graphql --max-message-bytes 65536
  --payload '{"authorization": "Bearer T"}' --header 'Authorization: Bearer T'

In CI, where a SHOULD counts, too; and one family of checks alone:

  ws_audit.py ws://localhost:8000/graphql --strict --json audit.json

  ws_audit.py ws://localhost:8000/graphql --only 'bad-*' --only syntax-error

Exit codes: 0 nothing failed; 1 something did, or there is no server; 2 wrong usage.
"""


def main(
    url: Annotated[str, typer.Argument(help="ws:// or wss:// (http and https mean the same).")],
    query: Annotated[str, typer.Option(help="A query that succeeds.")] = "{ __typename }",
    subscription: Annotated[str | None, typer.Option(help="One that stays open.")] = None,
    trigger: Annotated[
        str | None, typer.Option(help="A mutation that makes the subscription emit.")
    ] = None,
    trigger_url: Annotated[
        str | None, typer.Option(help="Where to POST it; else it goes over the socket.")
    ] = None,
    mutation: Annotated[str | None, typer.Option(help="A mutation that succeeds.")] = None,
    slow_query: Annotated[str | None, typer.Option(help="A query of a second or so.")] = None,
    payload: Annotated[str | None, typer.Option(help="connection_init's payload, JSON.")] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="'Name: value' for each HTTP request; repeatable.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for any one answer.")] = 5.0,
    init_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait for the server's 4408.")
    ] = 15.0,
    max_message_bytes: Annotated[
        int | None, typer.Option(min=len(PING_TEXT), help="The message limit it states.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=2, help="Sockets open at once.")] = 8,
    only: Annotated[
        list[str] | None, typer.Option(help="A check's name or a pattern; repeatable.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Where to write the rows as JSON.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning exits 1, too.")] = False,
) -> None:
    """Check a graphql-transport-ws server against every line of the protocol.

    What a server must do fails, what it should do warns, what it may do informs.

    In every document {{unique}} becomes a new word each time it is sent.
    """
    try:
        headers = tuple(header_of(text) for text in header or ())
        options = Options(
            target=target_of(url, headers),
            query=query,
            subscription=subscription,
            mutation=mutation,
            slow_query=slow_query,
            trigger=trigger,
            trigger_target=target_of(trigger_url, headers) if trigger_url else None,
            payload=object_of(payload) if payload is not None else None,
            max_message_bytes=max_message_bytes,
            timeout_s=timeout,
            init_timeout_s=init_timeout,
            concurrency=concurrency,
            only=known(only or ()),
        )
    except WrongUsage as wrong:
        quit_with(2, one_line(wrong))
    began = time.monotonic()
    try:
        with Console(stderr=True).status(f"auditing {url}"):
            rows = asyncio.run(run_audit(options))
    except KeyboardInterrupt:
        quit_with(130, "interrupted")
    except OSError as error:
        quit_with(1, f"cannot reach {url}: {one_line(error)}")
    except Finding as finding:
        hint = "; does it need --payload?" if isinstance(finding, Ended) else ""
        quit_with(1, f"{url} takes no connection: {finding.seen}{hint}")
    try:
        report(url, rows, time.monotonic() - began, json_file)
    except OSError as error:
        quit_with(1, f"cannot write {json_file}: {one_line(error)}")
    bad = {Result.FAIL, Result.WARN} if strict else {Result.FAIL}
    raise typer.Exit(int(any(row.result in bad for row in rows)))


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(epilog=EXAMPLES)(main)
    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        sys.exit(complain(2, error.format_message()))
