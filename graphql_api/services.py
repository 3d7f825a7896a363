"""What runs in one process: what all nouns stand on, and the use cases that each noun brings.

A noun (items and stock, alerts, accounts …) is one folder, one face in `schema/`, and one line in
the list there (`schema.FACES`). What it brings to the process it says in a `Noun`, in its
`noun.py`; process.py loops over these and knows none by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Event, Facts, Log, LogTransaction, LogWriter
from graphql_api.kernel.codec import Kind
from graphql_api.operations.broadcast import BroadcastKind, Sample
from graphql_api.operations.disk import Disk
from graphql_api.operations.scheduler import Job
from graphql_api.operations.supervision import Supervision
from graphql_api.settings import Settings

Part = TypeVar("Part")

Reactor = Callable[[LogTransaction, Sequence[Event]], Awaitable[None]]
Tidy = Callable[[], Awaitable[object]]
Living = AbstractAsyncContextManager[Iterable[asyncio.Task[None]]]


@dataclass(slots=True)
class Services:
    """The parts of one process. started_s: of the clock's monotonic_s, when it began to serve."""

    settings: Settings
    clock: Clock
    database: Database
    disk: Disk
    log: Log
    writer: LogWriter
    hub: Hub
    broker: Broker
    counters: Counters
    supervision: Supervision
    started_s: float
    _parts: dict[type, object] = field(default_factory=dict)

    @property
    def reading(self) -> Connection:
        """For short reads."""
        return self.database.reading

    @property
    def scanning(self) -> Connection:
        """For reads that may take long."""
        return self.database.scanning

    def add(self, part: Part) -> Part:
        """Take use cases in, under their class. Returns them."""
        assert type(part) not in self._parts, f"there is a {type(part).__name__} already"
        self._parts[type(part)] = part
        return part

    def of(self, kind: type[Part]) -> Part:
        """The use cases of this class. Raises KeyError: a noun that brings them comes later in
        the list, or nowhere."""
        return cast(Part, self._parts[kind])


@dataclass(frozen=True, slots=True)
class Listening:
    """Who hears of the log's events: see Hub.listen."""

    listener: Callable[[Sequence[Event]], None]
    failed: Callable[[], None] = lambda: None
    replaced: Callable[[], None] = lambda: None


def _none(_: Any) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What a noun brings. Each function is called once for a process, in the order of the list.

    name: of its folder. Its tables stand in the folder's models.py, where the database finds them.
    facts: the forms of its events. kinds: what else it stores, or tells other processes.
    use_cases: makes them and adds them (`services.add`); those of nouns before it are there.
    reactors: see each transaction's events, and may add to it; given the settings.
    listening: hears of committed events.
    doubt: called when the log under this process may have gone back: forget what was read.
    jobs: done on a schedule. tidying: done with the monitoring job: retention, mostly.
    living: what lives as long as the process does, and gives the tasks that it lives by; serving:
    likewise, in a process that serves (a command does not).
    samples: how its test broadcasts look.
    """

    name: str
    facts: Facts = field(default_factory=dict)
    kinds: tuple[Kind[Any], ...] = ()
    use_cases: Callable[[Services], object] = _none
    reactors: Callable[[Settings], Iterable[Reactor]] = _none
    listening: Callable[[Services], Iterable[Listening]] = _none
    doubt: Callable[[Services], Iterable[Callable[[], None]]] = _none
    jobs: Callable[[Services], Iterable[Job]] = _none
    tidying: Callable[[Services], Iterable[Tidy]] = _none
    living: Callable[[Services], Iterable[Living]] = _none
    serving: Callable[[Services], Iterable[Living]] = _none
    samples: Mapping[BroadcastKind, Sample] = field(default_factory=dict)
