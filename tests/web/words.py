"""The console's words as its catalogs have them. For tests of the pages."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

CATALOGS = Path(__file__).resolve().parents[2] / "graphql_api/web/console/src/language"
CONSOLE, SERVER = "catalogs", "server"  # whose words
ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', re.MULTILINE)


def _text(lines: str) -> str:
    return "".join(json.loads(line) for line in lines.split("\n") if line)


@cache
def catalog(language: str, whose: str = CONSOLE) -> dict[str, str]:
    """Translations by the English message; of one with several contexts, the last."""
    found = ENTRY.findall((CATALOGS / whose / f"{language}.po").read_text())
    return {_text(source): _text(translation) for source, translation in found if _text(source)}


def english_only(language: str) -> set[str]:
    """Whole messages that are others in `language`, and no word of it: a page in it must not show
    them."""
    words = catalog(language)
    own = set(words.values())
    return {
        source.strip()
        for source, translation in words.items()
        if source != translation and source not in own and not re.search(r"[{<]", source)
    }
