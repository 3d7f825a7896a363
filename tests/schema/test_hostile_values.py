"""Values that nobody means well with, for every argument and field of every operation: whatever
they are, the answer is one of ours, and never a fault of the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.settings import Settings
from tests.campaigns import by_kind, chance
from tests.conftest import KINDS
from tests.schema.api import Api, running
from tests.schema.random_documents import Document, Give
from tests.schema.test_projection import fill

# They end the session that asks, wait for a clock that is held here, or start a program.
LEFT_OUT = {"login", "logout", "labels", "presence"}
EACH = by_kind(1, 10, 200)  # documents for each root field
TEXTS = [
    "", " ", "0", "-1", "1", "99999999999999999", "9" * 18, "9" * 400, "1.0", "1e3", "0x10", "1_0",
    "\u0661", "\uff11", "{", "{x}", "{0.__class__}", "{{}}", "%s", "$1", "'", '"', "\\", ";--", "*",
    "%", "_", "a\0b", "\0", "\n", "\u2028", "\u202e", "\ufeff", "\U0001f4e6", "\ufdfa" * 40, "İ",
    "ß", "ﬃ", "a\u0301", "\u0301" * 300, "a" * 65, "x" * 5_001, "null", "true", "NaN", "-", "\x7f",
    "../../etc/passwd", "<script>", "=1+1", "Ⅷ", "½", "١٢٣", "螺丝", "\U0010ffff", "\ue000",
    "\ud800", "a\udfff", "SHOP",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 100, 101, 2**31 - 1, -(2**31), 1_000_000]
MANY = [str(number) for number in range(600)]


def hostile(known: Mapping[str, list[str]]) -> dict[str, Give]:
    texts = [*TEXTS, *known["ids"], *known["codes"]]

    def of(*values: Any) -> Give:
        return lambda chance: chance.choice(values)

    return {
        "first": of(0, 1, 3, 100, -1, 2**31 - 1),
        "last": of(0, 1, -1),
        "ID": of(*texts),
        "String": of(*texts),
        "Int": of(*NUMBERS),
        "Boolean": of(True, False),
        "Float": of(0.0, -0.0, 1e308, 5e-324, -1.5),
        "Decimal": of("0", "-0", "0.0001", "999999999999.9999", "1e3", "NaN", "-1", 10**30, ""),
        "DateTime": of(
            "2026-01-31T12:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
            "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "2016-12-31T23:59:60Z", "",
        ),
        "Date": of("2026-02-29", "0001-01-01", "9999-12-31", "", "2024-02-29"),
        "JSON": of({}, [], "x", 1, None, {"": ""}, {"{x}": "{y}"}, {"a": {"b": [1]}}, {"k": "\0"}),
        "Cursor": of("", "garbage", "0", "x" * 5_000, "\0", "{x}"),
    }  # fmt: skip


async def a_fault(
    api: Api, kind: str, root: GraphQLObjectType, name: str, seed: int, known: Mapping[str, Give]
) -> object:
    """What the server did wrong with a random document; None: nothing."""
    document = Document(api.app.schema.core, chance(seed), known)
    text = document.write(root, [name]).replace("query", kind, 1)
    caller = api.caller(chance(seed).choice(list(Role)))
    answer = await caller.send(json.dumps({"query": text, "variables": document.variables}))
    said = orjson.dumps(answer.body)
    if answer.status >= 500 or b"INTERNAL_SERVER_ERROR" in said or answer.body is None:
        return seed, answer.status, said[:2_000], text, document.variables
    return None


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_no_value_of_any_argument_is_a_fault_of_the_server(
    settings: Settings, clock: HeldClock
) -> None:
    async with running(settings.model_copy(update={"rate_limit": "off"}), clock) as api:
        known, core = hostile(await fill(api)), api.app.schema.core
        found: list[object] = []
        for kind, root in (("query", core.query_type), ("mutation", core.mutation_type)):
            assert root is not None
            for place, name in enumerate(sorted(set(root.fields) - LEFT_OUT)):
                for seed in range(place * EACH, place * EACH + EACH):
                    found.append(await a_fault(api, kind, root, name, seed, known))
        assert [one for one in found if one is not None] == []


async def test_no_value_of_a_subscription_is_a_fault_of_the_server(
    settings: Settings, clock: HeldClock
) -> None:
    async with running(settings.model_copy(update={"rate_limit": "off"}), clock) as api:
        known, core = hostile(await fill(api)), api.app.schema.core
        root = core.subscription_type
        assert root is not None
        socket = await api.socket(Role.ADMIN)
        for seed, name in enumerate(sorted(root.fields) * EACH):
            document = Document(core, chance(seed), known)
            text = document.write(root, [name])
            await socket.subscribe(text, str(seed), **document.variables)
            await socket.send({"id": str(seed), "type": "complete"})
            await socket.send({"type": "ping", "payload": {"settle": seed}})
            while (message := await socket.next())["type"] != "pong":
                assert "INTERNAL" not in str(message), (seed, message, text, document.variables)
