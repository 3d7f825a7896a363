"""Verifies schema.graphql: it is what the code makes, and it breaks no client in silence.

Compared with the last commit's file; a breaking change needs a line with the word Breaking in
CHANGELOG.md under Unreleased. Called by scripts/check.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from endings import ScriptFailed, launch
from graphql import build_schema, find_breaking_changes

from schema import export_sdl

ROOT = Path(__file__).resolve().parent.parent
FILE = "schema.graphql"


def committed_sdl() -> str | None:
    """The file as it was committed last; None when it never was."""
    command = ["git", "show", f"HEAD:{FILE}"]
    try:
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ScriptFailed("git is not installed: what changed cannot be told") from None
    return shown.stdout if shown.returncode == 0 else None


def unreleased(changelog: str) -> str:
    """The changelog's part about what was not released yet."""
    return changelog.partition("## Unreleased")[2].partition("\n## ")[0]


def faults() -> list[str]:
    """What is wrong, a line each."""
    current = export_sdl()
    path = ROOT / FILE
    if not path.exists() or path.read_text() != current:
        return [f"{FILE} is not what the code makes: run scripts/lint"]
    before = committed_sdl()
    if before is None:
        return []
    broken = find_breaking_changes(build_schema(before), build_schema(current))
    if broken and "Breaking" not in unreleased((ROOT / "CHANGELOG.md").read_text()):
        return [f"breaking, without a word in CHANGELOG.md: {c.description}" for c in broken]
    return []


def main() -> None:
    """Verify schema.graphql against the code and the last commit."""
    found = faults()
    if found:
        raise ScriptFailed("; ".join(found))


if __name__ == "__main__":
    launch("schema_changes", main)
