"""The operations of presence, and what they answer, in few words."""

from __future__ import annotations

from typing import Any

from graphql_api.inventory.items import Item
from tests.transport.clients import Client

_PRESENCE = """itemId at lease { itemId holder { id name } token expiresAt }
participants { user { id name } activity typing since }"""
SET = f"""mutation($input: SetPresenceInput!) {{
  setPresence(input: $input) {{ presence {{ {_PRESENCE} }} userErrors {{ code message field }} }}
}}"""
WATCH = f"subscription($ids: [ID!]) {{ presenceChanged(itemIds: $ids) {{ {_PRESENCE} }} }}"
ASK = f"query($ids: [ID!]!) {{ presence(itemIds: $ids) {{ {_PRESENCE} }} }}"
_LEASE = "lease { itemId holder { id name } token expiresAt } userErrors { code message field }"
TAKE = f"mutation($id: ID!) {{ takeEditLease(itemId: $id) {{ {_LEASE} }} }}"
RELEASE = f"""mutation($id: ID!, $token: String!) {{
  releaseEditLease(itemId: $id, token: $token) {{ {_LEASE} }}
}}"""
UPDATE = """mutation($input: UpdateItemInput!) {
  updateItem(input: $input) { item { name version } userErrors { code message field } }
}"""


def id_of(item: Item) -> str:
    return str(item.id)


def shown(presence: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Who is told to be there: name, activity, typing."""
    return [
        (one["user"]["name"], one["activity"], one["typing"]) for one in presence["participants"]
    ]


async def go(
    client: Client, item: Item | None, activity: str = "VIEWING", typing: bool = False
) -> Any:
    """setPresence over a socket, which must go well: the presence that it answers."""
    told = {"itemId": None if item is None else id_of(item), "activity": activity, "typing": typing}
    data = await client.run(SET, input=told)
    assert data["setPresence"]["userErrors"] == []
    return data["setPresence"]["presence"]


async def take(client: Client, item: Item) -> Any:
    """takeEditLease's payload."""
    return (await client.run(TAKE, id=id_of(item)))["takeEditLease"]


async def told(client: Client) -> Any:
    """The next state of the subscription "s"."""
    return await client.event()


async def told_until(client: Client, wanted: list[tuple[str, str, bool]]) -> Any:
    """States of the subscription "s" up to the one that shows just this."""
    while shown(state := await client.event()) != wanted:
        pass
    return state


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]
