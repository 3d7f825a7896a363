"""The parent of the workers: starts them, replaces those that end, hears who hangs, ends them.

It serves nothing itself, holds no database connection and runs no event loop: a plain loop over
what workers tell it (wire.py), so that at any moment it may fork. What it passes on between them
are hints and small messages, never events. Called by cli/workers.py.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import FrameType
from typing import Any

from graphql_api.workers.counts import Counts, SharedCounts
from graphql_api.workers.link import Link
from graphql_api.workers.places import Places
from graphql_api.workers.restarts import Restarts
from graphql_api.workers.whole import Figure, summed, totals
from graphql_api.workers.wire import Message

logger = logging.getLogger(__name__)

LOOK_S = 1.0  # how often it looks, when nothing happens
GAP_S = 5.0  # it slept for longer: the whole machine did, and nobody could say that it lives
TRACE_S = 1.0  # for a worker that hangs, to say where
TRACE_SIGNAL = getattr(signal, "SIGUSR2", None)
ENDING = ("SIGTERM", "SIGINT", "SIGHUP")  # a worker's code and settings are the parent's: a
# "reload" on SIGHUP could read nothing anew, and a terminal that is closed shall end the server


class State(StrEnum):
    """Of a worker, as /healthz tells."""

    STARTING = "starting"
    SERVING = "serving"
    GONE = "gone"  # it ended, and is going to be replaced


@dataclass(slots=True)
class Worker:
    """What the parent knows of one. number: 1 …; times: of the monotonic clock, seconds."""

    number: int
    state: State = State.GONE
    pid: int = 0
    link: Link | None = None
    began_s: float = 0.0
    heard_s: float = 0.0
    due_s: float = 0.0  # when to start it, while it is GONE
    kill_s: float | None = None
    has_served: bool = False
    starts: int = 0
    health: dict[str, Any] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As other workers are told of it."""
        return {
            "number": self.number,
            "pid": self.pid,
            "state": self.state.value,
            "starts": self.starts,
            "health": self.health,
            "figures": self.figures,
        }


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a forked worker gets. link: its end of the socket pair."""

    number: int
    listening: socket.socket
    link: socket.socket
    counts: Counts


Become = Callable[[Assignment], int]


class Parent:
    """Of `count` workers. `run` it once."""

    def __init__(
        self,
        count: int,
        places: Places,
        become: Become,
        serving: Callable[[], None],
        *,
        hang_s: float,
        end_s: float,
    ) -> None:
        """become: what a worker does, in the forked process; its exit code. serving: called when
        all serve for the first time. hang_s: for so long a worker may say nothing; end_s: for so
        long the end may take."""
        self._workers = [Worker(number) for number in range(1, count + 1)]
        self._places = places
        self._counts = SharedCounts(count)
        self._become = become
        self._serving = serving
        self._hang_s, self._end_s = hang_s, end_s
        self._restarts = Restarts()
        self._past: list[Figure] = []
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._told_signals = 0
        self._end_by_s: float | None = None
        self._failure: str | None = None
        self._has_served = False
        self._woke_s = time.monotonic()

    def run(self) -> str | None:
        """Until all have ended. Why that is a failure; None: all went well."""
        with self._hearing_signals():
            while self._end_by_s is None or any(one.pid for one in self._workers):
                self._heed_signals()
                self._start_due()
                self._wait()
                self._reap()
                self._look_after()
        self._places.close()
        return self._failure

    # Signals

    @contextmanager
    def _hearing_signals(self) -> Iterator[None]:
        """Count those that end; every signal, a child's end too, wakes the loop."""

        def count(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1

        heard, self._bell = socket.socketpair()
        heard.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(heard, selectors.EVENT_READ)
        before = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        handlers = {getattr(signal, name): count for name in ENDING}
        handlers[signal.SIGCHLD] = lambda _number, _frame: None
        old = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            for number, handler in old.items():
                signal.signal(number, handler)
            self._selector.close()
            heard.close()
            self._bell.close()

    def _heed_signals(self) -> None:
        """The first one drains, a second one ends at once."""
        while self._told_signals < self._signals:
            self._told_signals += 1
            if self._end_by_s is None:
                self._end("drain")
            else:
                self._tell_all({"is": "end"})

    def _end(self, how: str) -> None:
        """Begin the end; nobody is replaced any more."""
        self._end_by_s = time.monotonic() + self._end_s
        self._places.close()  # workers have their own copies, and close them in their time
        self._tell_all({"is": how})

    def _give_up(self, why: str) -> None:
        logger.critical("%s: the server ends", why)
        self._failure = self._failure or why
        if self._end_by_s is None:
            self._end("drain")

    def _tell_all(self, message: Message) -> None:
        for one in self._workers:
            if one.link is not None:
                one.link.send(message)

    # Starting and ending

    def _start_due(self) -> None:
        now_s = time.monotonic()
        for one in self._workers:
            if self._end_by_s is None and one.state is State.GONE and one.due_s <= now_s:
                try:
                    self._start(one)
                except OSError as error:  # no memory, no process, no socket: perhaps later
                    self._gone(one, f"cannot be started ({error.strerror})")

    def _start(self, one: Worker) -> None:
        one.began_s = time.monotonic()  # of a start that fails, too: it was no long life
        listening = self._places.at(one.number - 1)
        ours, its = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            its.close()
            raise
        if pid == 0:
            ours.close()  # kept here, it would hide that the parent is gone
            self._be(one, Assignment(one.number, listening, its, self._counts.of(one.number - 1)))
        its.close()
        one.pid, one.link, one.state = pid, Link(ours), State.STARTING
        one.heard_s = time.monotonic()
        one.kill_s, one.has_served, one.health, one.figures = None, False, {}, []
        one.starts += 1
        self._selector.register(ours, selectors.EVENT_READ, one)
        logger.info("worker %d starts as process %d", one.number, pid)

    def _be(self, one: Worker, assignment: Assignment) -> None:
        """In the forked process: become the worker, and never come back."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for name in ("SIGINT", "SIGHUP"):  # of a terminal, to all: the parent says what to do
                signal.signal(getattr(signal, name), signal.SIG_IGN)
            self._selector.close()
            self._bell.close()
            self._places.close(but=one.number - 1)
            for other in self._workers:
                if other.link is not None:
                    other.link.close()
            code = self._become(assignment)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            logger.exception("worker %d failed", one.number)
        finally:
            logging.shutdown()
            os._exit(code)

    def _reap(self) -> None:
        """Whoever has ended: counted, and replaced when it is due."""
        for one in self._workers:
            if not one.pid:
                continue
            pid, status = os.waitpid(one.pid, os.WNOHANG)
            if pid == 0:
                continue
            self._hear(one)  # its last words
            self._leave(one)
            self._judge(one, os.waitstatus_to_exitcode(status))

    def _leave(self, one: Worker) -> None:
        assert one.link is not None
        self._deafen(one.link)
        one.link.close()
        one.link, one.pid, one.state = None, 0, State.GONE
        self._past = summed(self._past, totals(one.figures))
        one.figures = []
        self._counts.forget(one.number - 1)

    def _judge(self, one: Worker, code: int) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        if self._end_by_s is not None:
            if code:
                self._failure = self._failure or f"worker {one.number} {how}"
            return
        self._gone(one, how)

    def _gone(self, one: Worker, how: str) -> None:
        """When it is replaced, if it is."""
        lived_s = time.monotonic() - one.began_s
        delay_s = self._restarts.ended(one.number, lived_s, one.has_served)
        one.has_served = False
        if delay_s is None:
            self._give_up(f"worker {one.number} {how} before it served, again and again")
            return
        words = "worker %d %s after %.1f s; it is replaced in %.0f s"
        logger.error(words, one.number, how, lived_s, delay_s)
        one.due_s = time.monotonic() + delay_s
        if delay_s:
            self._places.leave(one.number - 1)

    # Hearing

    def _wait(self) -> None:
        """For whatever comes first."""
        now_s = time.monotonic()
        due = [one.due_s for one in self._workers if one.state is State.GONE]
        due += [one.kill_s for one in self._workers if one.kill_s is not None]
        wait_s = min([LOOK_S, *(max(0.0, moment - now_s) for moment in due if moment > now_s)])
        for key, events in self._selector.select(wait_s):
            one = key.data
            if one is None:
                with suppress(BlockingIOError):
                    key.fileobj.recv(1_024)  # type: ignore[union-attr]
                continue
            if events & selectors.EVENT_WRITE:
                one.link.flush()
            if events & selectors.EVENT_READ:
                self._hear(one)
        for one in self._workers:
            if one.link is not None and not one.link.has_ended:
                wanted = selectors.EVENT_WRITE if one.link.is_waiting else 0
                self._selector.modify(one.link.socket, selectors.EVENT_READ | wanted, one)

    def _hear(self, one: Worker) -> None:
        assert one.link is not None
        for message in one.link.receive():
            one.heard_s = time.monotonic()
            match message["is"]:
                case "relay":
                    self._relay(one, message["what"])
                case "beat":
                    one.health, one.figures = message["health"], message["figures"]
                case "ask":
                    one.link.send({"is": "whole", "n": message["n"], **self._whole()})
                case "serving":
                    self._serves(one)
        if one.link.has_ended:
            self._deafen(one.link)  # it would wake us until the process has ended

    def _deafen(self, link: Link) -> None:
        with suppress(KeyError):  # it was before
            self._selector.unregister(link.socket)

    def _relay(self, sender: Worker, what: Message) -> None:
        for other in self._workers:
            if other is not sender and other.link is not None:
                other.link.send(what, may_be_lost=True)

    def _whole(self) -> dict[str, Any]:
        return {"workers": [one.told() for one in self._workers], "past": self._past}

    def _serves(self, one: Worker) -> None:
        one.state, one.has_served = State.SERVING, True
        if one.starts > 1:
            logger.warning("worker %d serves again, as process %d", one.number, one.pid)
        if not self._has_served and all(w.state is State.SERVING for w in self._workers):
            self._has_served = True
            self._serving()

    def _look_after(self) -> None:
        """Who hangs, and who does not end."""
        now_s = time.monotonic()
        if now_s - self._woke_s > GAP_S:
            for one in self._workers:
                one.heard_s = now_s
        self._woke_s = now_s
        for one in self._workers:
            if not one.pid:
                continue
            if self._end_by_s is not None and now_s > self._end_by_s:
                self._failure = self._failure or f"worker {one.number} did not end in time"
                os.kill(one.pid, signal.SIGKILL)
            elif one.kill_s is not None and now_s >= one.kill_s:
                os.kill(one.pid, signal.SIGKILL)
            elif one.kill_s is None and now_s - one.heard_s > self._hang_s:
                logger.critical(
                    "worker %d (process %d) has not said that it lives for %.0f s: it is killed; "
                    "where it hung follows, if it can tell",
                    one.number, one.pid, now_s - one.heard_s,
                )  # fmt: skip
                one.kill_s = now_s + TRACE_S
                if TRACE_SIGNAL is not None:
                    os.kill(one.pid, TRACE_SIGNAL)
