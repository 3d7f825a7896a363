"""The commands: `python -m graphql_api --help`. Thin: each opens what it needs, calls one use
case, and says how it ended.

Exit codes: 0 done, 1 failed, 2 wrong usage (settings included), 130 given up by Ctrl+C. What
went wrong is one line on standard error; a traceback is shown at LOG_LEVEL=DEBUG only.
"""

from graphql_api.cli.program import main, run

__all__ = ["main", "run"]
