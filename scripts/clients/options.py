"""How the client scripts are called and how they end. Used by watch.py, replay.py, mirror.py.

Exit codes: 0 done, 1 failed, 2 wrong usage. An error is one line on standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NoReturn

import typer
from endings import WrongUsage as WrongUsage  # the client scripts take it from here
from endings import launch as end_as

from graphql_api.client.account import Failed, endpoint_of

if sys.platform == "win32":
    _loop_factory = None  # uvloop does not run there
else:
    import uvloop

    _loop_factory = uvloop.new_event_loop

URL_DEFAULT = "http://127.0.0.1:8000"

UrlOption = Annotated[
    str,
    typer.Option("--url", envvar="INVENTORY_URL", help="The server, with or without /graphql."),
]
EmailOption = Annotated[
    str, typer.Option("--email", envvar="INVENTORY_EMAIL", help="Who signs in.")
]
PasswordOption = Annotated[
    str,
    typer.Option(
        "--password",
        envvar="INVENTORY_PASSWORD",
        help="Their password. Other users of the machine can see arguments: prefer the variable.",
    ),
]
AttemptsOption = Annotated[
    int,
    typer.Option("--attempts", min=0, help="How often a lost server is tried again: 1, 2, 4 … s."),
]


def endpoint(url: str) -> str:
    """The GraphQL endpoint of a server's address. Raises WrongUsage."""
    try:
        return endpoint_of(url)
    except ValueError as error:
        raise WrongUsage(f"--url {error}") from None


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a script's coroutine to its end."""
    with asyncio.Runner(loop_factory=_loop_factory) as runner:
        runner.run(main)


async def interruption() -> None:
    """Till somebody asks the script to end."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt does it
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked.set)
    await asked.wait()


def launch(name: str, command: Callable[..., None], epilog: str) -> NoReturn:
    """Read the command line, call `command`, and end the process as its outcome says."""
    end_as(name, command, epilog, failures=(Failed,))
