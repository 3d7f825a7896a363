"""How many workers `serve` starts when nobody says."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

# Each has up to 13 connections of PostgreSQL, which grants 100 unless told otherwise.
AUTO_MAX = 4
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: "200000 100000" are two cores


def workers_wanted(asked: str, *, is_embedded: bool) -> int:
    """asked: a number, or "auto": one on SQLite, whose writers share one lock and whose reads one
    file; on PostgreSQL as many as there are cores, at most AUTO_MAX."""
    if asked != "auto":
        return int(asked)
    if is_embedded or not can_fork():
        return 1
    return min(cores(), AUTO_MAX)


def can_fork() -> bool:
    """Workers are forked, with all that their parent has imported."""
    return hasattr(os, "fork") and sys.platform != "win32"


def cores(quota: Path = QUOTA) -> int:
    """The cores that this process may use; a container's share rounded up."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    try:
        granted, period, *_ = quota.read_text().split()
        found = min(found, math.ceil(int(granted) / int(period)))
    except (OSError, ValueError):  # no container, or no limit: "max 100000"
        pass
    return max(1, found)
