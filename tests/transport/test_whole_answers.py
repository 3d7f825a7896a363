"""An answer over HTTP goes out in one piece, and is what the server itself would have written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from graphql_api.transport import answers
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.media import JSON
from tests.transport.test_seam import Sink

ANSWER = JsonAnswer({"data": {"name": "Säge"}}, 200, JSON, {"retry-after": "1"})
DEFAULTS = [(b"server", b"ours"), (b"date", b"today")]


class Cycle:
    """A request that waits for its answer. ended: how often the connection was told of its end."""

    def __init__(self, change: Callable[[RequestResponseCycle], None]) -> None:
        self.sink = _Closable()
        self.ended = 0
        self.event = _Event()
        scope: Any = {"type": "http", "method": "POST", "http_version": "1.1"}
        logger = logging.getLogger("nobody")
        self.real = RequestResponseCycle(
            scope=scope,
            transport=self.sink,
            flow=FlowControl(self.sink),
            logger=logger,
            access_logger=logger,
            access_log=False,
            default_headers=DEFAULTS,
            message_event=self.event,
            expect_100_continue=False,
            keep_alive=True,
            on_response=self._end,
        )
        change(self.real)

    def _end(self) -> None:
        self.ended += 1

    async def answer(self, method: str = "POST") -> None:
        async def receive() -> Any:
            raise AssertionError("nothing more is read")

        send: Any = self.real.send
        await ANSWER({"type": "http", "method": method}, receive, send)

    @property
    def state(self) -> list[Any]:
        """All that the connection goes by afterwards."""
        names = ("response_started", "response_complete", "waiting_for_100_continue", "keep_alive")
        return [
            *(getattr(self.real, name) for name in names),
            self.event.times_set,
            self.ended,
            self.sink.closing,
        ]


class _Closable(Sink):
    def close(self) -> None:
        self.closing = True


class _Event(asyncio.Event):
    def __init__(self) -> None:
        super().__init__()
        self.times_set = 0

    def set(self) -> None:
        super().set()
        self.times_set += 1


def nothing(_: RequestResponseCycle) -> None:
    """A plain request."""


def waits_for_its_body(cycle: RequestResponseCycle) -> None:
    cycle.waiting_for_100_continue = True


def is_the_last(cycle: RequestResponseCycle) -> None:
    cycle.keep_alive = False


def is_gone(cycle: RequestResponseCycle) -> None:
    cycle.disconnected = True


def is_logged(cycle: RequestResponseCycle) -> None:
    cycle.access_log = True
    cycle.scope = {**cycle.scope, "client": None, "path": "/", "query_string": b""}


async def answered(
    change: Callable[[RequestResponseCycle], None], method: str = "POST"
) -> tuple[list[bytes], list[Any]]:
    cycle = Cycle(change)
    cycle.real.scope["method"] = method
    await cycle.answer(method)
    return cycle.sink.written, cycle.state


@pytest.mark.parametrize("change", [nothing, waits_for_its_body, is_the_last, is_gone, is_logged])
async def test_it_is_what_the_server_itself_would_have_written(
    change: Callable[[RequestResponseCycle], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, state = await answered(change)
    monkeypatch.setattr(answers, "answered_whole", lambda *_: False)
    parts, its_state = await answered(change)
    assert b"".join(whole) == b"".join(parts)
    assert state == its_state
    is_whole = change in (nothing, waits_for_its_body)
    assert len(whole) == (1 if is_whole else len(parts))


async def test_a_head_has_its_length_and_no_body() -> None:
    written, _ = await answered(nothing, "HEAD")
    told = b"".join(written)
    assert b"content-length: %d\r\n" % len(ANSWER.body) in told
    assert told.endswith(b"\r\n\r\n")


async def test_a_peer_that_does_not_read_is_waited_for() -> None:
    cycle = Cycle(lambda real: real.flow.pause_writing())
    waiting = asyncio.ensure_future(cycle.answer())
    await asyncio.sleep(0)
    assert not cycle.sink.written and not waiting.done()
    cycle.real.flow.resume_writing()
    await waiting
    assert b"".join(cycle.sink.written).endswith(bytes(ANSWER.body))
