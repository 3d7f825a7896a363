"""How a command ends: its exit code, and what it says on standard error. Every command uses it."""

from __future__ import annotations

import typer

PROGRAM = "python -m graphql_api"
DONE, FAILED, WRONG_USAGE, GIVEN_UP = 0, 1, 2, 130
STREAM = "-"  # a FILE that is standard input or standard output


class CommandFailed(Exception):
    """Ends a command with a line on standard error."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def complain(message: str, exit_code: int) -> int:
    """Say what went wrong, in one line; the exit code."""
    note(f"error: {' '.join(message.split())}")
    return exit_code


def note(line: str) -> None:
    """One line on standard error."""
    typer.echo(line, err=True)
