"""A handler of commands out of a function for one. Called by use cases, by way of writer.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from graphql_api.errors import Refusal

R = TypeVar("R")


def single(
    handle: Callable[[Any, Any], Awaitable[R]],
) -> Callable[[Any, Sequence[Any]], Awaitable[Sequence[R]]]:
    """A Handler (writer.py) out of a function for one command; each gets a savepoint of its own.

    Wrap once, at construction: commands gather by the handler's identity.
    """

    async def handler(transaction: Any, commands: Sequence[Any]) -> Sequence[R]:
        if len(commands) > 1:
            raise _OneByOne
        return [await handle(transaction, commands[0])]

    return handler


class _OneByOne(Refusal):
    """Asks the writer to run the commands one by one, each in its own savepoint."""

    code = "ONE_BY_ONE"

    def __init__(self) -> None:
        super().__init__("one command at a time")
