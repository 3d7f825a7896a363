"""How a script ends: an error is one line on standard error, and an exit code. Used by scripts/*.py
and scripts/bench/*.py.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 given up by Ctrl-C. A traceback of what nobody
expected is shown at LOG_LEVEL=DEBUG only.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

DONE, FAILED, WRONG_USAGE, GIVEN_UP = 0, 1, 2, 130


class WrongUsage(Exception):
    """An option or a file that cannot work; the script ends with 2."""


class ScriptFailed(Exception):
    """What went wrong, for people; the script ends with 1."""


def launch(
    name: str,
    command: Callable[..., None],
    epilog: str = "",
    failures: tuple[type[Exception], ...] = (),
) -> NoReturn:
    """Read the command line, call `command`, and end the process as its outcome says.

    failures: expected ones beside ours, whose text is for people.
    """
    expected: tuple[type[Exception], ...] = (ScriptFailed, *failures)
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(epilog=epilog)(_interruptible(command))
    try:
        code = app(standalone_mode=False) or DONE
    except TyperException as error:
        code = _say(name, error.format_message(), WRONG_USAGE)
    except WrongUsage as error:
        code = _say(name, error, WRONG_USAGE)
    except expected as error:
        code = _say(name, error, FAILED)
    except OSError as error:
        words = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        code = _say(name, words, FAILED)
    except (_Interrupted, KeyboardInterrupt, typer.Abort):
        code = _say(name, "interrupted", GIVEN_UP)
    except Exception as error:
        if os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":
            traceback.print_exc()
        what = f"{type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)"
        code = _say(name, what, FAILED)
    sys.exit(code)


class _Interrupted(Exception):
    """Ctrl-C, which typer would turn into an exit code without a word."""


def _interruptible(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)  # typer reads the signature
    def interruptible(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except KeyboardInterrupt:
            raise _Interrupted from None

    return interruptible


def writable(file: object, option: str) -> None:
    """Raises WrongUsage for a file whose folder is not there: told before the work, not after."""
    folder = os.path.dirname(str(file)) or "."
    if not os.path.isdir(folder):
        raise WrongUsage(f"{option} {file}: there is no folder {folder}")


def _say(name: str, words: object, code: int) -> int:
    print(f"{name}: {' '.join(str(words).split())}", file=sys.stderr)
    return code
