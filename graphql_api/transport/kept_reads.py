"""Queries answered with what is kept, over HTTP and over sockets; and reads that wait for a cursor.

`answer` is for a query that was planned. `find` is the short way: a request whose very bytes were
answered before is known by them, so it is neither parsed nor planned again. Whoever asks is
identified, held to their rates and charged as ever, before and by the same amounts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
from cachetools import LRUCache

from graphql_api.accounts.roles import Viewer
from graphql_api.delivery.dependencies import Dependencies
from graphql_api.delivery.kept_answers import Kept, KeptAnswers, Read
from graphql_api.delivery.seen import Seen
from graphql_api.engine.execution import Execution, Plan
from graphql_api.engine.keeping import Keeping, Keepings
from graphql_api.errors import CursorInvalid
from graphql_api.events.cursor import decode_cursor

REQUESTS_SHARE = 8  # requests that are known by their bytes take this part of the answers' memory
OVERHEAD_BYTES = 500

AT_LEAST = "atLeast"  # in a request's extensions; the header is http.py's
Members = dict[str, Any]
Slot = Callable[[], AbstractAsyncContextManager[None]]


class Known(NamedTuple):
    """A request whose bytes were seen before. identity: of document, operation and variables; work:
    what it is charged for its variables, and for itself."""

    identity: bytes
    is_personal: bool
    work: tuple[int, int]

    def key(self, viewer: Viewer) -> tuple[Any, ...]:
        return _key(self.identity, self.is_personal, viewer)


class KeptReads:
    """Those of one process."""

    def __init__(
        self, answers: KeptAnswers, keepings: Keepings, seen: Seen, execution: Execution
    ) -> None:
        self._answers = answers
        self._keepings = keepings
        self._seen = seen
        self._execution = execution
        self._known: LRUCache[bytes, tuple[Known, int]] = LRUCache(
            answers.bytes_max // REQUESTS_SHARE, lambda known: known[1]
        )

    async def at_least(self, *told: object) -> None:
        """Wait until this process has seen what a request asks for at least; None: nothing.
        Raises CursorInvalid, EpochChanged, Unavailable."""
        for cursor in told:
            if cursor is None:
                continue
            if not isinstance(cursor, str):
                raise CursorInvalid("atLeast must be a cursor, as a text.")
            await self._seen.at_least(decode_cursor(cursor))

    def has_seen(self, cursor: str) -> bool:
        """Whether `at_least` would neither wait nor refuse it."""
        try:
            return self._seen.has(decode_cursor(cursor))
        except CursorInvalid:
            return False

    def known(self, request: bytes) -> Known | None:
        """What is known of a request with these bytes."""
        found = self._known.get(request)
        return None if found is None else found[0]

    def find(self, known: Known, viewer: Viewer) -> Kept | None:
        """The kept answer to a request that is known, if there is one that holds."""
        return self._answers.find(known.key(viewer))

    def remember(self, request: bytes, plan: Plan, work: list[int]) -> None:
        """Know the request by its bytes from now on, if its answer is kept. work: what it was
        charged; it is known once its document is: a new one costs more."""
        if request in self._known:
            return
        keeping = self._keeping(plan)
        size = len(request) + OVERHEAD_BYTES
        if keeping is None or len(work) != 2 or size * REQUESTS_SHARE > self._known.maxsize:
            return
        known = Known(_identity(plan, keeping), keeping.is_personal, (work[0], work[1]))
        self._known[request] = known, size

    async def answer(
        self,
        plan: Plan,
        context: Any,
        viewer: Viewer | None,
        slot: Slot,
        extensions: Mapping[str, Any] | None = None,
        is_cacheable: bool = False,
    ) -> Kept | Members:
        """A query or a mutation, kept or carried out: the answer's members, if it is not kept. A
        mutation's tell the place in the log up to which its changes are.

        slot: what to hold while it is carried out. extensions: those of the request. is_cacheable:
        the client may keep the answer too, so it is kept at its first time.
        """
        told = None if extensions is None else dict(extensions)
        keeping = self._keeping(plan)
        if keeping is None or not keeping.reads or viewer is None:
            async with slot():
                members = await self._execution.answer(plan, context, told)
            if not plan.is_query:
                return self._with_cursor(members)
            return members if keeping else await self._told(members)
        key = _key(_identity(plan, keeping), keeping.is_personal, viewer)
        kept = self._answers.find(key)
        if kept is not None:
            return kept
        async with slot():  # before others may wait for this one
            if is_cacheable or self._answers.is_asked_again(key):
                answered = await self._kept(key, plan, context, told, keeping.is_personal)
            else:
                answered = await self._execution.answer(plan, context, told)
        return answered if isinstance(answered, Kept) else await self._told(answered)

    async def _kept(
        self,
        key: tuple[Any, ...],
        plan: Plan,
        context: Any,
        told: dict[str, Any] | None,
        is_personal: bool,
    ) -> Kept | Members:
        """The answer as it is kept from now on; its members, if something in it failed."""
        bad: list[Members] = []

        async def read(depends: Dependencies) -> Read:
            context.keep(depends)
            members = await self._execution.answer(plan, context, told)
            if "errors" in members:
                bad.append(members)
                return Read(b"", is_good=False)
            return Read(orjson.dumps(members), True, is_personal)

        answered = await self._answers.answer(key, read)
        return answered if isinstance(answered, Kept) else bad[0]

    def _with_cursor(self, members: Members) -> Members:
        """A mutation's answer, with the place in the log up to which its changes are."""
        if "data" in members:
            extensions = members.get("extensions", {}) | {"cursor": self._seen.newest.encode()}
            members["extensions"] = extensions
        return members

    async def _told(self, members: Members) -> Members:
        """An answer that is not kept shows what is there now: from now on nothing older is told."""
        if self._answers and members.get("data") is not None:
            await self._seen.read_up_to_here()
        return members

    def _keeping(self, plan: Plan) -> Keeping | None:
        return self._keepings.of(plan) if self._answers.bytes_max else None


def _key(identity: bytes, is_personal: bool, viewer: Viewer) -> tuple[Any, ...]:
    """By role, since it decides what is seen; by user, where they do."""
    return identity, viewer.role.bit, viewer.user_id if is_personal else None


def _identity(plan: Plan, keeping: Keeping) -> bytes:
    """Of the document as it was sent, the operation and its variables."""
    variables = orjson.dumps(dict(plan.variables), option=orjson.OPT_SORT_KEYS)
    return blake2b(keeping.operation + variables, digest_size=32).digest()
