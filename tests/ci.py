"""Whether this is CI, where nothing that tests need may be missing; elsewhere they are skipped."""

from __future__ import annotations

import os


def in_ci() -> bool:
    """.ci/run says so, and those who run CI do."""
    return os.environ.get("CI", "").lower() == "true"
