"""Deletes the bytes of files that nobody uses, an hour after the last one did. Called by the
monitoring job, whichever process has it; two at once do no harm."""

from __future__ import annotations

import logging

from graphql_api.attachments import files
from graphql_api.attachments.attachment import file_names
from graphql_api.attachments.files import Doomed
from graphql_api.attachments.stored import StoreAway
from graphql_api.attachments.stores import Store
from graphql_api.clock import Clock
from graphql_api.database.writer import single
from graphql_api.events.log import LogWriter

logger = logging.getLogger(__name__)


class Sweep:
    """The job. store None: attachments are off, and nothing is deleted."""

    def __init__(self, writer: LogWriter, clock: Clock, store: Store | None) -> None:
        self._writer = writer
        self._clock = clock
        self._store = store
        self._doom = single(files.doom_some)
        self._forget = single(files.forget)

    async def run(self) -> int:
        """Delete what may go; how many files that were. A store that is away is for next time."""
        deleted = 0
        if self._store is None:
            return deleted
        while True:
            doomed: list[Doomed] = await self._writer.submit(self._doom, self._clock.now_us())
            if not doomed:
                return deleted
            names = [
                name for one in doomed for name in file_names(one.sha256, one.id, one.media_type)
            ]
            try:
                await self._store.delete(names)
            except StoreAway as fault:
                logger.error("attachments stay in %s: %s", fault.place, fault.fault)
                return deleted
            await self._writer.submit(self._forget, [one.id for one in doomed])
            deleted += len(doomed)
