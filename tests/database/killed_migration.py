"""Migrates DATABASE_URL in processes that kill themselves, as `kill -9` would. For tests only.

Each argument is a process and its place: "made N" after the Nth migration that it makes and
before that is noted, "noted N" after that, or one of the others; a place that is not reached
leaves it alive. They run one after the other, or all at once after AT_ONCE. How each ended is
told: its exit code, or minus the signal. They are forked, so that modules are loaded once.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from graphql_api import cli, process
from graphql_api.database.migrating import Executor
from graphql_api.events.log import Log
from graphql_api.inventory import locations

BEFORE_HEAD = "before the log's first row"
BEFORE_LOCATION = "before the default location"
BEFORE_COMMIT = "before the last commit"
AFTER_COMMIT = "after the last commit"
NOWHERE = "nowhere"
AT_ONCE = "--at-once"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Places:
    """Counts migrations, and dies at the place that was asked for."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.number = 0

    def reached(self, place: str) -> None:
        if place == self.wanted:
            _die()


def install(places: _Places) -> None:
    """Put the places into this process."""
    make, apply, create = Executor._make, Executor.apply, Log.create
    create_default, migrate = locations.create_default, process.migrate

    async def making(self: Executor, *arguments: Any) -> None:
        await make(self, *arguments)
        places.number += 1
        places.reached(f"made {places.number}")

    async def applying(self: Executor, *arguments: Any) -> None:
        await apply(self, *arguments)
        places.reached(f"noted {places.number}")

    async def creating(self: Log, *arguments: Any) -> None:
        places.reached(BEFORE_HEAD)
        await create(self, *arguments)

    async def creating_default(*arguments: Any) -> None:
        places.reached(BEFORE_LOCATION)
        await create_default(*arguments)
        places.reached(BEFORE_COMMIT)

    async def migrating(*arguments: Any) -> Any:
        applied = await migrate(*arguments)
        places.reached(AFTER_COMMIT)
        return applied

    Executor._make = making  # type: ignore[method-assign, assignment]
    Executor.apply = applying  # type: ignore[method-assign, assignment]
    Log.create = creating  # type: ignore[method-assign, assignment]
    vars(locations)["create_default"] = creating_default
    vars(process)["migrate"] = migrating


def begin(place: str) -> int:
    """The id of a new process that migrates."""
    child = os.fork()
    if child == 0:
        install(_Places(place))
        os._exit(cli.run(["migrate"]))
    return child


def end_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(arguments: list[str]) -> None:
    if arguments[0] == AT_ONCE:
        children = [begin(place) for place in arguments[1:]]
        codes = [end_of(child) for child in children]
    else:
        codes = [end_of(begin(place)) for place in arguments]
    print(*codes)


if __name__ == "__main__":
    main(sys.argv[1:])
