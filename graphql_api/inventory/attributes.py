"""What an item has beside its fields: names and texts, as files bring them. Pure.

Called through ITEM_RULES (item.py), like every other rule of a field.
"""

from __future__ import annotations

from typing import Any

import orjson

from graphql_api import values
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.said import said

ATTRIBUTES_MAX = 100  # columns of a file that the product has no field for
ATTRIBUTE_NAME_MAX = 100
ATTRIBUTE_MAX = 1_000
ATTRIBUTES_CHARACTERS_MAX = 5_000  # all of them, as a description: each event of the item has them


def stored_attributes(value: Any, path: FieldPath) -> str | None:
    """A JSON object of texts, as it is stored; None when it is empty or null."""
    if not value:
        value = {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise InvalidInput('attributes must be an object of texts, like {"colour": "red"}.', path)
    if len(value) > ATTRIBUTES_MAX:
        raise InvalidInput(
            said(
                "There are {count} attributes; at most {most} are allowed.",
                count=len(value),
                most=ATTRIBUTES_MAX,
            ),
            path,
        )
    checked: dict[str, str] = {}
    for given, text in value.items():
        name = values.required_text(given, (*path, "name"), ATTRIBUTE_NAME_MAX)
        if name in checked:
            raise InvalidInput(said("The attribute {name} is there twice.", name=repr(name)), path)
        checked[name] = values.prose(text, (*path, name), ATTRIBUTE_MAX)
    if not checked:
        return None
    kept = orjson.dumps(checked, option=orjson.OPT_SORT_KEYS).decode()
    if len(kept) > ATTRIBUTES_CHARACTERS_MAX:
        raise InvalidInput(
            said(
                "attributes come to {count} characters; at most {most} are allowed.",
                count=len(kept),
                most=ATTRIBUTES_CHARACTERS_MAX,
            ),
            path,
        )
    return kept
