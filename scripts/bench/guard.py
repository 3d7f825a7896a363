"""Becomes the program given as arguments, which the kernel then ends when its parent dies.

Every process of a run is started through this, so that nothing is left behind even when run.py is
killed. In the child itself and not between fork and exec of the parent, which has threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h; kept over exec


def main(command: list[str]) -> None:
    """Ask for SIGKILL at the parent's death where the system can do that, then exec."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execvp(command[0], command)  # noqa: S606  # the very purpose: to become it


if __name__ == "__main__":
    main(sys.argv[1:])
