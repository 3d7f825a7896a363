"""Words of movements that servers of older versions wrote, filled in by the monitoring job.

In a rolling restart the newer server migrates, and the older one books until it has ended. It knows
nothing of the words that movements are found by (movement_terms.py), so its movements were found by
none of their words. Whether a movement lacks them is seen in its first word.

At the first time the last days are looked at, which no rolling restart outlasts; later what was
booked since.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.clock import DAY_US, MINUTE_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.movement_terms import insert_terms, terms_of

logger = logging.getLogger(__name__)

MOVEMENTS_AT_ONCE = 500  # some 10 ms
BACK_US = 2 * DAY_US
LATE_US = 10 * MINUTE_US  # how far the clocks of two servers may be apart


@dataclass(frozen=True, slots=True)
class _Movement:
    """What of a movement is found by words."""

    id: int
    reference: str | None
    reason: str | None

    @property
    def first_term(self) -> str | None:
        """None: there is no word in its texts."""
        return next(iter(terms_of(self.reference, self.reason)), None)


class OlderMovements:
    """`run` fills in what older servers left out."""

    def __init__(self, scanning: Connection, writer: LogWriter, clock: Clock) -> None:
        self._scanning = scanning
        self._writer = writer
        self._clock = clock
        self._seen_us: int | None = None  # movements booked before have been looked at
        self._fill = single(_fill_some)

    async def run(self) -> int:
        """How many movements it were."""
        now_us, count = self._clock.now_us(), 0
        since_us = max(now_us - BACK_US, 0) if self._seen_us is None else self._seen_us
        place = await self._before(since_us)
        while place is not None:
            some = await _with_texts(self._scanning, place)
            if bare := await _bare(self._scanning, some):
                count += await self._writer.submit(self._fill, bare, len(bare))
            place = some[-1].id if len(some) == MOVEMENTS_AT_ONCE else None
        self._seen_us = max(now_us - LATE_US, 0)
        if count:
            logger.warning(
                "%d movements were booked by a server of an older version: their words filled in",
                count,
            )
        return count

    async def _before(self, since_us: int) -> int | None:
        """The id after which what was booked since then comes; None: nothing was. Ids rise with
        the moments at which they were booked."""
        row = await self._scanning.row(
            "SELECT min(id) FROM movement WHERE recorded_at = "
            "(SELECT min(recorded_at) FROM movement WHERE recorded_at >= ?)",
            since_us,
        )
        return None if row is None or row[0] is None else row[0] - 1


async def _with_texts(connection: Connection, after: int) -> list[_Movement]:
    rows = await connection.rows(
        "SELECT id, reference, reason FROM movement WHERE id > ? "
        "AND (reference IS NOT NULL OR reason IS NOT NULL) ORDER BY id LIMIT ?",
        after,
        MOVEMENTS_AT_ONCE,
    )
    return [_Movement(*row) for row in rows]


async def _bare(connection: Connection, movements: Sequence[_Movement]) -> list[_Movement]:
    """Those that should be found by a word, and are not by their first."""
    looked_for = [
        (term, movement) for movement in movements if (term := movement.first_term) is not None
    ]
    dialect = connection.dialect
    rows = await connection.rows(
        f"SELECT term, movement_id FROM movement_term WHERE {dialect.one_of('term', 'text')} "
        f"AND {dialect.one_of('movement_id', 'bigint')}",
        dialect.array({term for term, _ in looked_for}),
        dialect.array([movement.id for _, movement in looked_for]),
    )
    found = {(row[0], row[1]) for row in rows}
    return [movement for term, movement in looked_for if (term, movement.id) not in found]


async def _fill_some(transaction: LogTransaction, movements: Sequence[_Movement]) -> int:
    """Another process may have been first."""
    bare = await _bare(transaction.connection, movements)
    await insert_terms(transaction.connection, bare)
    return len(bare)
