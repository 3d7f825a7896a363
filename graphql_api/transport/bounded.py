"""uvicorn's HTTP protocol with bounds: what a peer may send, and for how long it may take.

uvicorn's HTTP parser (httptools) has none: a request line, a field or trailers without end are
kept until the process dies, a peer that says nothing is kept for ever, and one that does not
read its answer too. server.py mounts it with bounded_socket.py; WebSockets begin as HTTP requests,
so their handshakes pass the same bounds.

This leans on private parts of uvicorn, so pyproject.toml caps it. They are:
- HttpToolsProtocol: its callbacks (on_message_begin, on_headers_complete, on_body,
  on_message_complete, on_response_complete, handle_websocket_upgrade, send_400_response),
  _start_asgi_task,
  `headers` (trailers are appended to it), `pipeline`, `cycle`, `connections`, `client`.
  An exception in a callback ends in send_400_response.
- RequestResponseCycle: `disconnected`, `message_event`, `response_started`, `response_complete`.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from graphql_api.transport.bounded_socket import LINGER_S, BoundedWebSocket
from graphql_api.transport.bounds import Bounds, Refused, answer, end_writing, too_large
from graphql_api.transport.upgrade import plain_handshake

SLICE_BYTES = 8_192  # parsed at once: a bound is passed by no more than that
PIPELINED_MAX = 16  # requests that wait behind one; browsers and proxies send none ahead
LINGER_BYTES = 262_144  # thrown away of who was refused, so that it can read why


class BoundedHttp(HttpToolsProtocol):
    """An HTTP connection up to its end, or to its upgrade to a WebSocket."""

    def __init__(self, config: Any, *arguments: Any, **named: Any) -> None:
        super().__init__(config, *arguments, **named)
        self._bounds: Bounds = config.bounds
        self._beyond_body = 0  # bytes of the message at hand that are not its body
        self._of_body = 0  # bytes of its body, for as long as they are waited for
        self._expected_at_s = 0.0  # since when it is waited for
        self._is_whole = False  # the newest message was received to its end
        self._is_silent = False  # counted as one from which no whole request came
        self._is_used = False  # any byte came
        self._is_over = False  # refused, or upgraded: it reads no more requests
        self._refusal: Refused | None = None
        self._answering: RequestResponseCycle | None = None  # `cycle` is the newest, not this one
        self._thrown_away = 0  # bytes since it was refused
        self._request_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._unsent = 0  # bytes, at the last look; see _look_for_progress

    # Coming and going

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        bounds, address = self._bounds, self._address
        if len(self.connections) > bounds.connections_max:
            self._refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections"))
        elif bounds.silent[address] >= bounds.silent_per_address_max:
            words = "Too many connections without a request from this address"
            self._refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, words))
        else:
            bounds.silent[address] += 1
            self._is_silent = True
            self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._spoke()
        self._stop_expecting()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
        self._give_up_answering()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._is_over = True
        self._spoke()
        self._stop_expecting()
        answering = self._answering
        if answering is not None and not answering.response_complete:
            # It would come among the socket's frames, and close the socket some seconds later.
            words = "A WebSocket begins once the requests ahead of it are answered"
            self._refuse(Refused(HTTPStatus.BAD_REQUEST, words))
            return
        plain = plain_handshake(self.scope, self.url)
        if plain is None:
            super().handle_websocket_upgrade()
        else:
            self.connections.discard(self)
            socket = BoundedWebSocket(self.config, self.server_state, self.app_state, self.loop)
            socket.begin(self, plain)
            self.transport.set_protocol(socket)
        self.parser = None  # type: ignore[assignment]  # as at its end: else each keeps the other

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _spoke(self) -> None:
        """It is no longer one of its address's silent connections."""
        if not self._is_silent:
            return
        self._is_silent = False
        silent = self._bounds.silent
        silent[self._address] -= 1
        if not silent[self._address]:
            del silent[self._address]

    # Reading

    def data_received(self, data: bytes) -> None:
        self._is_used = True
        for start in range(0, len(data), SLICE_BYTES):
            if self._is_over or self.transport.is_closing():
                self._throw_away(len(data) - start)
                return
            piece = data[start : start + SLICE_BYTES]
            self._beyond_body += len(piece)  # on_message_begin begins anew, on_body takes it off
            super().data_received(piece)
            self._check_bounds()
        if not self._is_over:
            self._mind_the_time()

    def _throw_away(self, count: int) -> None:
        self._thrown_away += count
        if self._thrown_away > LINGER_BYTES:
            self.transport.abort()

    def _check_bounds(self) -> None:
        bounds = self._bounds
        if self._is_over:
            return
        if self._beyond_body > bounds.header_bytes_max:
            self._refuse(too_large(f"more than {bounds.header_bytes_max} bytes beside the body"))
        elif not self._is_whole and self._has_too_many_fields():
            self._refuse(too_large(f"more than {bounds.header_fields_max} fields"))

    def _has_too_many_fields(self) -> bool:
        return self.headers is not None and len(self.headers) > self._bounds.header_fields_max

    def on_message_begin(self) -> None:
        self._is_whole = False
        self._beyond_body = self._of_body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._has_too_many_fields():
            self._refusal = too_large(f"more than {self._bounds.header_fields_max} fields")
            raise self._refusal
        if len(self.pipeline) >= PIPELINED_MAX:
            words = f"More than {PIPELINED_MAX} requests ahead of their answers"
            self._refusal = Refused(HTTPStatus.BAD_REQUEST, words)
            raise self._refusal
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beyond_body -= len(body)
        if self.cycle is not None and not self.cycle.response_complete:
            self._of_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_whole = True
        super().on_message_complete()

    # Time for reading

    def _mind_the_time(self) -> None:
        if self._is_whole:
            self._spoke()
            self._stop_expecting()
        elif self._request_timer is None:
            self._expect_request()

    def _expect_request(self) -> None:
        self._expected_at_s = self.loop.time()
        self._request_timer = self.loop.call_later(self._bounds.request_s, self._too_slow)

    def _stop_expecting(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _too_slow(self) -> None:
        self._request_timer = None
        if self.transport.is_closing():
            return
        left_s = self._expected_at_s + self._bounds.time_s(self._of_body) - self.loop.time()
        if left_s > 0:
            self._request_timer = self.loop.call_later(left_s, self._too_slow)
        elif not self._is_used:  # a browser that connected ahead is owed no answer
            self.transport.close()
        elif self._is_in_an_answer:
            self.transport.abort()
        else:
            words = f"The request took more than {self._bounds.request_s:g} s"
            self._refuse(Refused(HTTPStatus.REQUEST_TIMEOUT, words))

    @property
    def _is_in_an_answer(self) -> bool:
        answering = self._answering
        return (
            answering is not None and answering.response_started and not answering.response_complete
        )

    # Refusing

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal or Refused(HTTPStatus.BAD_REQUEST, msg))

    def _refuse(self, refusal: Refused) -> None:
        """Answer, read no more requests, and close once the peer could read why."""
        self._is_over = True
        self._spoke()
        self._stop_expecting()
        self._give_up_answering()
        self.headers = []
        if not self.transport.is_closing():
            self.transport.write(answer(refusal))
            end_writing(self.transport)
        self.loop.call_later(LINGER_S, self.transport.abort)

    def _give_up_answering(self) -> None:
        """uvicorn itself tells only the newest request's answer that nobody is there."""
        self.pipeline.clear()
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    # Writing

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = 0  # that much was taken: see _look_for_progress

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch_writing()

    def _watch_writing(self) -> None:
        if self._stall_timer is None:
            self._look_again()

    def _look_again(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self._stall_timer = self.loop.call_later(self._bounds.stall_s, self._look_for_progress)

    def _look_for_progress(self) -> None:
        """Give up on a peer that took nothing since the last look: its answer waits in memory."""
        self._stall_timer = None
        unsent = self.transport.get_write_buffer_size()
        if unsent and self._unsent and unsent >= self._unsent:
            self.transport.abort()
        elif unsent:
            self._look_again()
