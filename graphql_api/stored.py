"""All that is stored, or told between processes, in forms of ours. Read by app.py and tests.

Nouns say what is theirs (`facts` and `kinds` of a Noun); tests/versions holds each layout.
"""

from __future__ import annotations

from typing import Any

from graphql_api.database.marks import MARKS
from graphql_api.delivery import audience, dependencies
from graphql_api.events.log import Facts
from graphql_api.kernel.codec import Kind
from schema import NOUNS

FACTS: Facts = {
    place: kind
    for facts in (audience.FACTS, dependencies.FACTS, *(n.facts for n in NOUNS))
    for place, kind in facts.items()
}
KINDS: tuple[Kind[Any], ...] = (
    *dict.fromkeys(FACTS.values()),
    *(kind for noun in NOUNS for kind in noun.kinds),
    MARKS,
)
