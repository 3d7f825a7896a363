"""Counts over all workers of a machine, for limits that mean people and not processes.

In memory that all workers share: each adds in a region of its own, so nothing is locked, and reads
all. Regions have a fixed size however many keys there are: a key has a cell in each of ROWS rows,
and its count is the least of them (a count-min sketch). So a count is never too low; it is too high
only if in every row another key that is counted shares the cell: of 10,000 keys one in 2,000.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from hashlib import blake2b
from typing import Protocol

ROWS = 4
CELLS = 65_536  # of a row: two bytes of the hash
CELL_BYTES = 4
REGION_BYTES = ROWS * CELLS * CELL_BYTES  # 1 MiB, of which only what is counted is touched


class Elsewhere(Protocol):
    """The other workers, as limits need them."""

    def add(self, key: str, amount: int) -> None:
        """Count here, for the others to see; amount: signed."""
        ...

    def others(self, key: str) -> int:
        """What the others have counted in sum."""
        ...

    def look_after(self, user_id: int) -> None:
        """Let the others close those sockets of a user whose peer is gone."""
        ...


class Nowhere:
    """Of a process that has no others."""

    def add(self, key: str, amount: int) -> None:
        """Nobody asks."""

    def others(self, _key: str) -> int:
        return 0

    def look_after(self, _user_id: int) -> None:
        """Nobody has any."""


class SharedCounts:
    """The memory, made before workers are forked."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._memory = mmap.mmap(-1, workers * REGION_BYTES)
        self.cells = memoryview(self._memory).cast("I")

    def of(self, number: int) -> Counts:
        """The view of one worker."""
        return Counts(self.cells, number, self._workers)

    def forget(self, number: int) -> None:
        """This worker is gone, and what it had counted with it."""
        self._memory[number * REGION_BYTES : (number + 1) * REGION_BYTES] = bytes(REGION_BYTES)


class Counts:
    """One worker's view. number: 0 …"""

    def __init__(self, cells: memoryview, number: int, workers: int) -> None:
        self._cells = cells
        self._own = number * ROWS * CELLS
        self._regions = [one * ROWS * CELLS for one in range(workers) if one != number]

    def add(self, key: str, amount: int) -> None:
        for place in _places(key):
            cell = self._own + place
            self._cells[cell] = max(0, self._cells[cell] + amount)

    def others(self, key: str) -> int:
        return min(
            sum(self._cells[region + place] for region in self._regions) for place in _places(key)
        )


def _places(key: str) -> Iterator[int]:
    """Where a key's cells are in a region."""
    digest = blake2b(key.encode(), digest_size=2 * ROWS).digest()
    for row in range(ROWS):
        yield row * CELLS + int.from_bytes(digest[2 * row : 2 * row + 2])
