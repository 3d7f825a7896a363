"""Moving signs for people who wait at a terminal; elsewhere nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from graphql_api.cli.outcome import note


@contextmanager
def waiting_sign(text: str) -> Iterator[None]:
    """A moving sign on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


class Bar:
    """A progress bar, on a terminal only, and lines above it."""

    def __init__(self, total: int, hidden: bool = False) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=hidden or not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def move(self, done: int, text: str) -> None:
        self._progress.update(self._task, completed=done, description=text)

    def tell(self, line: str) -> None:
        if self._progress.disable:
            note(line)
        else:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
