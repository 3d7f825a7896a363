"""The server's sentences in the languages of people, for what is sent to them where no page of ours
translates it: pushes. Everything else goes out in English, with template and values (said.py).

The catalogs are the console's own of the server's sentences: one translation of each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path

from graphql_api.said import Said, template_of, values_of

CATALOGS = Path(__file__).resolve().parents[1] / "web/console/src/language/server"

_ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|\Z))+)', re.MULTILINE)
_VALUE = re.compile(r"\{(\w+)\}")
# Of ICU's messages: an apostrophe twice, text that is told as it stands, a value.
_PART = re.compile(r"''|'([{}][^']*)'|\{(\w+)\}")


class Language(Enum):
    """What people can be told in; each but English has a catalog, by its name in small letters."""

    EN = "en"
    DE = "de"
    FR = "fr"
    ES = "es"
    JA = "ja"


def stored(language: Language | None) -> str | None:
    """As a row keeps it; see `language_of`."""
    return None if language is None else language.value


def language_of(name: str | None) -> Language | None:
    """As it is stored. None also for one that only a newer server knows."""
    return Language(name) if name in {one.value for one in Language} else None


def in_language(sentence: str, language: Language) -> str:
    """The sentence in that language, and so those that stand in it as values. English where the
    catalog does not have it."""
    if not isinstance(sentence, Said) or language is Language.EN:
        return str(sentence)
    values = {
        name: in_language(value, language) if isinstance(value, str) else value
        for name, value in values_of(sentence).items()
    }
    template = template_of(sentence)
    translation = catalog(language).get(template)
    if translation is None:
        return _VALUE.sub(lambda place: str(values.get(place[1], place[0])), template)
    return _PART.sub(lambda part: _told(part, values), translation)


def _told(part: re.Match[str], values: Mapping[str, object]) -> str:
    quoted, name = part.groups()
    if name is not None:
        return str(values[name])
    return "'" if quoted is None else str(quoted)


@cache  # some 70 KB a language, of the five there are
def catalog(language: Language) -> Mapping[str, str]:
    """Translations by template; {}: of English, and where the catalog was not installed."""
    file = CATALOGS / f"{language.value}.po"
    if language is Language.EN or not file.exists():
        return {}
    found = _ENTRY.findall(file.read_text(encoding="utf-8"))
    entries = {_text(template): _text(translation) for template, translation in found}
    return {template: translation for template, translation in entries.items() if translation}


def _text(lines: str) -> str:
    """PO writes texts as JSON does, over several lines if need be."""
    return "".join(json.loads(line) for line in lines.splitlines())
