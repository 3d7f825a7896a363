"""Names of files as people and machines have them, made harmless. Pure."""

from __future__ import annotations

import re
import unicodedata

from graphql_api import values
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.said import said

NAME_MAX = 200
SENT_MAX = 4_096  # characters of a name with its path; normalising takes time by the length
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # what nobody sees, or what turns a text round


def checked_name(given: str, extensions: tuple[str, ...], field: FieldPath) -> str:
    """The name to keep: without path, controls and what turns it round, with an extension of its
    kind. extensions: those that its kind has, the usual one first. Raises InvalidInput."""
    if len(given) > SENT_MAX:
        raise InvalidInput(
            said("{field} has {count} characters.", field=field[-1], count=len(given)), field
        )
    last = re.split(r"[/\\]", given)[-1]
    seen = "".join(
        character if unicodedata.category(character) not in _HIDDEN else " "
        for character in unicodedata.normalize("NFC", last)
    )
    name = " ".join(seen.split()).lstrip(". ").rstrip(". ") or "file"
    if not name.lower().endswith(extensions):
        name += extensions[0]
    return values.required_text(name, field, NAME_MAX)
