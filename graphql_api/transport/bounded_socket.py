"""uvicorn's WebSocket protocol with bounds, and with a short way for what is plain.

uvicorn bounds messages, not empty fragments, pings, pongs that nobody reads, what it parses at
once, nor a handshake that its parser gives up on. The short way is for nearly all handshakes
(upgrade.py) and messages (frames.py): they need no parser of websockets, which most sockets never
have. All else goes uvicorn's way.

server.py mounts it beside bounded.py, which tells what else leans on uvicorn. Private parts of
WebSocketsSansIOProtocol: all that its `__init__` sets, since ours sets it instead
(tests/transport/test_short_ways.py compares them); handle_cont, handle_ping, handle_pong,
send_receive_event_to_app, data_received, run_asgi, on_task_complete, start_keepalive, receive,
which pauses and resumes reading.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from graphql_api.transport.bounds import Refused, answer, end_writing
from graphql_api.transport.frames import PONG, TEXT, payload, place_of
from graphql_api.transport.mailbox import Mailbox
from graphql_api.transport.upgrade import Plain, accepting

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
    from uvicorn.config import Config
    from uvicorn.server import ServerState

logger = logging.getLogger(__name__)
server_logger = logging.getLogger("uvicorn.error")

SOCKET_SLICE_BYTES = 2_048  # parsed at once; the smallest messages have seven bytes
UNHURRIED_MESSAGES, MESSAGE_S = 16, 0.001  # more in a slice, and each costs the next so long
LINGER_S = 2.0  # what still comes of who was refused is thrown away, so that it can read why
FRAGMENTS_MAX = 1_024  # of one message; a message has 64 KiB, and clients do not split that
PINGS_PER_SECOND_MAX = 100  # of one socket; clients send one in some seconds
CONTROL_BYTES_MAX = 125  # RFC 6455, 5.5: of a ping's or a pong's payload


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket from its handshake on."""

    # What most sockets never change is kept once for all of them.
    handshake_initiated = handshake_complete = close_sent = disconnected = read_paused = False
    close_timer = ping_timer = pong_timer = initial_response = pending_ping_payload = None
    close_timeout = 10.0
    ping_sent_at = last_ping_rtt = 0.0
    curr_msg_data_type: Literal["text", "bytes"] = "bytes"
    logger = server_logger
    _rest = b""  # was read, and waits for its turn
    _messages = 0  # in the slice that was taken last
    _pings, _pings_since_s = 0, 0.0
    _owed: int | None = 0  # bytes to come of a frame that the parser has begun; None: not known
    _parser: ServerProtocol | None = None
    _plain: Plain | None = None  # the handshake, where it was one

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        # Not by uvicorn's own, which makes a queue and a parser at once: a third of a socket.
        self.config = config
        self.app = config.loaded_app
        self.loop = _loop or asyncio.get_running_loop()
        self.root_path = config.root_path
        self.asgi_version = config.asgi_version
        self.app_state = app_state
        self.connections = server_state.connections
        self.tasks = server_state.tasks
        self.default_headers = server_state.default_headers
        self.transport = None  # type: ignore[assignment]  # until it is connected, as uvicorn's own
        self.server = self.client = None
        self.scheme = "ws"
        self.queue: Mailbox[ASGIReceiveEvent] = Mailbox(self.loop)  # type: ignore[assignment]
        self.writable = asyncio.Event()
        self.writable.set()
        self.ping_interval = config.ws_ping_interval
        self.ping_timeout = config.ws_ping_timeout
        self.frames: list[bytes] = []

    @property
    def conn(self) -> ServerProtocol:  # type: ignore[override]  # uvicorn sets it once, as we do
        """websockets' parser, from where something came that is not plain. It compresses nothing
        (server.py): that is one stream for each socket and event."""
        if self._parser is None:
            parser = self._parser = ServerProtocol(
                state=State.CONNECTING if self._plain is None else State.OPEN,
                max_size=self.config.ws_max_size,
                logger=server_logger,
            )
            if self._plain is not None and not self.handshake_complete:
                parser.state = State.CONNECTING  # it parses frames, and is to be accepted yet
        return self._parser

    # A plain handshake

    def begin(self, http: HttpToolsProtocol, plain: Plain) -> None:
        """Take over a connection from HTTP, with its request."""
        self.transport = http.transport
        self.server, self.client = http.server, http.client
        self.scheme = "wss" if http.scheme == "https" else "ws"
        self.connections.add(self)
        self.handshake_initiated = True
        self._plain = plain
        raw_path, _, query = http.url.partition(b"?")
        self.scope = {
            "type": "websocket",
            "asgi": {"version": self.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": self.root_path,
            "path": self.root_path + unquote(raw_path.decode("ascii")),
            "raw_path": self.root_path.encode("ascii") + raw_path,
            "query_string": query,
            "headers": http.headers,
            "subprotocols": plain.subprotocols,
            "state": self.app_state.copy(),
            "extensions": {"websocket.http.response": {}},
        }
        self.queue.put_nowait({"type": "websocket.connect"})
        task = self.loop.create_task(self.run_asgi())
        task.add_done_callback(self.on_task_complete)
        self.tasks.add(task)

    def accept(self, subprotocol: str) -> bool:
        """Accept a plain handshake at once. False: nothing was written, and ASGI's send knows what
        to do, and to log."""
        if (
            self._plain is None
            or self._parser is not None  # what came ahead of the answer is its own to judge
            or self.handshake_complete
            or self.initial_response is not None
            or not self.writable.is_set()
            or self.transport.is_closing()
            or server_logger.isEnabledFor(logging.INFO)
        ):
            return False
        self.handshake_complete = True
        self.transport.write(accepting(self._plain, self.default_headers, subprotocol))
        self.start_keepalive()
        return True

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.accept" and self._plain is not None:
            headers = Headers(Upgrade="websocket", Connection="Upgrade", Date="")
            headers["Sec-WebSocket-Accept"] = self._plain.accept.decode("ascii")
            self.response = Response(101, "Switching Protocols", headers)
            self._parser = self.conn  # made before uvicorn says that it is open
            await super().send(message)
            del self.response
        else:
            await super().send(message)
        if self._rest and not self.read_paused and not self.transport.is_closing():
            # uvicorn reads on once it has closed; what was read ahead has not had its turn yet.
            self.read_paused = True
            self.transport.pause_reading()

    # Reading: a slice at a time, then it is the turn of others

    def data_received(self, data: bytes) -> None:
        is_small = len(data) <= SOCKET_SLICE_BYTES and not self._rest
        if is_small or not self.handshake_initiated:
            self._take(data)
            return
        is_waiting = bool(self._rest)
        self._rest += data
        if not is_waiting:
            self._go_on()

    def _go_on(self) -> None:
        if self.disconnected:
            self._rest = b""
            return
        piece, self._rest = self._rest[:SOCKET_SLICE_BYTES], self._rest[SOCKET_SLICE_BYTES:]
        if piece:
            self._take(piece)
        if self._rest and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()
        if self.queue.empty():
            self._read_on()

    async def receive(self) -> ASGIReceiveEvent:
        message = await self.queue.get()
        if self.queue.empty():
            self._read_on()
        return message

    def _read_on(self) -> None:
        """The application has taken everything."""
        if self._rest:
            hasty = self._messages if self._messages > UNHURRIED_MESSAGES else 0
            self.loop.call_later(hasty * MESSAGE_S, self._go_on)
        elif self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def _take(self, data: bytes) -> None:
        self._messages = 0
        if not self.handshake_initiated:
            self._take_handshake(data)
            return
        rest = data if self._owed != 0 or self._is_parser_needed else self._take_plain(data)
        if rest:
            self._note_owed(rest)
            super().data_received(rest)

    def _take_handshake(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # Its parser ends without a word, and the connection would stay for ever.
            words = "No WebSocket begins with such a request"
            self.transport.write(answer(Refused(HTTPStatus.BAD_REQUEST, words)))
            self.transport.close()

    # Frames

    @property
    def _is_parser_needed(self) -> bool:
        """Whether even a plain frame is the parser's: within a message in fragments it is an error,
        and at the end of a socket it is thrown away."""
        parser = self._parser
        return self.close_sent or (
            parser is not None
            and (parser.current_size is not None or parser.state is not State.OPEN)
        )

    def _take_plain(self, data: bytes) -> bytes:
        """Take the plain frames that it begins with; what comes after them."""
        at, most = 0, self.config.ws_max_size
        while at < len(data) and not self.close_sent:
            place = place_of(data, at)
            if place is None or place.end > len(data):
                break
            size = place.end - place.begin
            if data[at] == TEXT and size <= most:
                self._messages += 1
                self._hand_on_text(payload(data, place))
            elif data[at] == PONG and size <= CONTROL_BYTES_MAX:
                self.handle_pong(Frame(Opcode.PONG, payload(data, place)))
            else:
                break
            at = place.end
        return data[at:]

    def _note_owed(self, data: bytes) -> None:
        """The parser gets `data`: whether it then stands between two frames."""
        at = self._owed
        while at is not None and at < len(data):
            place = place_of(data, at)
            at = None if place is None else place.end
        self._owed = None if at is None else at - len(data)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS_MAX:
            self._fail(1008, "A message in too many fragments")
        else:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        # RFC 6455, 5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong
        # frame(s) in response to previous Ping frame(s), the endpoint MAY elect to send a Pong
        # frame for only the most recently processed Ping frame." Who does not read gets none.
        now_s = self.loop.time()
        if now_s - self._pings_since_s > 1.0:
            self._pings, self._pings_since_s = 0, now_s
        self._pings += 1
        if self._pings > PINGS_PER_SECOND_MAX:
            self._fail(1008, "Too many pings")
        elif self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def send_receive_event_to_app(self) -> None:
        self._messages += 1
        frames, self.frames = self.frames, []
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        if self.curr_msg_data_type == "text":
            self._hand_on_text(data)
        elif not self.close_sent:
            self._hand_on({"type": "websocket.receive", "bytes": data})

    def _hand_on_text(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            logger.info("a socket of %s sent a text that is not UTF-8", self.client)
            self._fail(1007, "A text must be UTF-8")
            return
        if not self.close_sent:
            self._hand_on({"type": "websocket.receive", "text": text})

    def _hand_on(self, message: dict[str, Any]) -> None:
        """Nothing more is read while one waits behind another: pausing for each, as uvicorn does,
        costs two calls of the loop for what is taken in the next round."""
        is_behind = not self.queue.empty()
        self.queue.put_nowait(cast("ASGIReceiveEvent", message))
        if is_behind and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def _fail(self, code: int, reason: str) -> None:
        """End it. RFC 6455, 7.4.1: 1007 is for data "not consistent with the type of the
        message", 1008 for "a message that violates its policy".

        What still comes is thrown away for a while, so that the peer can read why.
        """
        self.frames = []
        if self.close_sent:
            return
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        end_writing(self.transport)
        self.close_sent = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.abort)
