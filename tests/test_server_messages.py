"""docs/errors.md and the console's list of the server's sentences are made of its source."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_sentence_is_listed_and_none_hides_its_values() -> None:
    command = [sys.executable, "scripts/server_messages.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
