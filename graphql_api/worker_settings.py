"""Settings of a server's workers, as settings.py takes them in."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from graphql_api.setting_bounds import Seconds

WORKERS_MAX = 64  # each has 124 MB, of which half is shared, and 13 connections of PostgreSQL


def checked_workers(text: str) -> str:
    """`text`, if it is "auto" or a number of workers. Raises ValueError."""
    if text != "auto" and not (text.isascii() and text.isdigit() and 1 <= int(text) <= WORKERS_MAX):
        raise ValueError(f"{text!r} is not a number of workers: auto, or 1 to {WORKERS_MAX}")
    return text


class WorkerSettings(BaseModel):
    """How many processes serve, and when one counts as hung."""

    workers: Annotated[str, AfterValidator(checked_workers)] = Field(
        "auto",
        description="processes that serve on one port; auto: one on SQLite, on PostgreSQL as many "
        "as cores, at most 4",
    )
    worker_hang_seconds: Seconds = Field(
        30.0, description="a worker that does nothing for so long is killed and replaced"
    )
