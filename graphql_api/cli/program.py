"""All commands in one program, and the border where errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from graphql_api.cli import (
    accounts,
    attachments,
    database,
    exports,
    imports,
    items,
    labels,
    locations,
    schema,
    serve,
    stock,
    undo,
)
from graphql_api.cli.outcome import (
    DONE,
    FAILED,
    GIVEN_UP,
    PROGRAM,
    WRONG_USAGE,
    CommandFailed,
    complain,
)
from graphql_api.cli.settled import settle_soon
from graphql_api.errors import ApplicationError, ConfigurationError
from graphql_api.files.faults import UnreadableFile
from graphql_api.imports.items import ImportStopped
from graphql_api.operations.backup import BackupFailed

app = typer.Typer(
    help="A real-time inventory GraphQL API. Settings come from environment variables: "
    "see `serve --help`.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_GROUPS = (
    serve,
    database,
    accounts,
    items,
    locations,
    imports,
    exports,
    stock,
    undo,
    labels,
    attachments,
    schema,
)
for group in _GROUPS:
    app.add_typer(group.commands)


@cache
def command_line() -> Callable[..., Any]:
    """Every command with its options, as typer reads it off their signatures: 40 ms of a core."""
    return get_command(app)


def main() -> None:
    """Run the command line of this process, and end it."""
    settle_soon()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Every expected error ends here, in one line."""
    try:
        given = list(arguments or ["--help"])
        result = command_line()(args=given, prog_name=PROGRAM, standalone_mode=False)
        return WRONG_USAGE if not arguments else result if isinstance(result, int) else DONE
    except CommandFailed as error:
        return complain(str(error), error.exit_code)
    except TyperException as error:
        fault = error.format_message().replace("Value error, ", "")
        return complain(f"{fault} (--help tells more)", WRONG_USAGE)
    except UnreadableFile as error:
        return complain(error.in_shell, FAILED)
    except (ApplicationError, BackupFailed, ConfigurationError, ImportStopped) as error:
        return complain(str(error), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return GIVEN_UP
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except UnicodeEncodeError as error:  # Python keeps a byte that is none of UTF-8 as a surrogate
        byte = ord(error.object[error.start]) & 0xFF
        return complain(f"a text that was given is not in UTF-8: byte 0x{byte:02X}", WRONG_USAGE)
    except Exception as error:
        if os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":
            traceback.print_exc()
        return complain(f"{type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)", FAILED)
