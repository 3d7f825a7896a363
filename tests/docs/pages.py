"""The pages that people read, and the fenced blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.servers import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + [*DOCS.glob("*.md")]
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (?P<file>[\w./-]+\.py): ")


def blocks(page: Path, *languages: str) -> list[str]:
    """The texts of a page's fenced blocks in these languages; none given: of all."""
    return [
        text
        for language, text in BLOCK.findall(page.read_text())
        if not languages or language in languages
    ]


def files(page: Path) -> dict[str, str]:
    """Its Python blocks that begin with a file's name, by that name, without that line."""
    found = {}
    for text in blocks(page, "python"):
        if named := NAMED.match(text):
            found[named["file"]] = text.partition("\n")[2]
    return found
