"""What follows from our code alone, made once in the fork server and not in each program.

Imported there, behind what shall come last at a program's end: see `tests/forkserver.py`.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil

from tortoise.context import TortoiseContext

from graphql_api.cli.program import command_line
from graphql_api.database.database import Database
from graphql_api.settings import Settings
from tests.built_schemas import build_schemas_once, built
from tests.prepared_models import prepare_models_once

OURS = ("graphql_api", "schema")  # all of their modules
# What they, and the libraries, import where they first use it.
LATE = (
    "aiohttp",
    "apscheduler.executors.asyncio",
    "apscheduler.triggers.interval",
    "asyncpg",
    "encodings.idna",
    "httptools",
    "httpx",
    "openpyxl.packaging.extended",
    "pwdlib.hashers.argon2",
    "rich._emoji_codes",
    "strawberry.federation.schema_directives",
    "tortoise.backends.asyncpg",
    "tortoise.backends.sqlite",
    "typer._adapters",
    "typer._click._textwrap",
    "typer._click.decorators",
    "typer.rich_utils",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.loops.uvloop",
    "uvloop",
    "websockets",
)


def make_all() -> None:
    """Every module, the schema, what Tortoise makes of our models, and the commands."""
    for name in OURS:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    build_schemas_once()
    built(Settings()).warm()
    prepare_models_once()
    for url in ("sqlite://x", "postgres://x/x"):
        asyncio.run(_with_models(url))
    command_line()


async def _with_models(url: str) -> None:
    """Whatever Tortoise does with them before it connects."""
    with TortoiseContext() as context:
        await context.init(config=Database(url).tortoise_config(), use_tz=True)
