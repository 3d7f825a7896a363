"""Commands of holds with what a test does not speak of filled in."""

from __future__ import annotations

from typing import Any

from graphql_api.errors import Refusal
from graphql_api.holds.commands import Until, WantedUnits
from graphql_api.holds.holds import (
    ConsumeHold,
    ExtendHold,
    HoldResult,
    Holds,
    PlaceHold,
    ReleaseHold,
)
from graphql_api.holds.lifecycle import Hold
from graphql_api.inventory.items import Item
from graphql_api.inventory.stock import BatchRefused
from graphql_api.services import Services
from tests.builders import USER_ID, new_key, ref

MINUTE_S = 60


def units(item: Item | int, quantity: int, location_id: int | None = None) -> WantedUnits:
    return WantedUnits(ref(item), quantity, location_id)


def place(
    *lines: WantedUnits,
    seconds: int | None = MINUTE_S,
    until_us: int | None = None,
    key: str | None = None,
    reference: str | None = None,
    sees_admins: bool = True,
) -> PlaceHold:
    """placeHold, for a minute if nothing else is said."""
    until = Until(until_us, None if until_us is not None else seconds)
    return PlaceHold(
        new_key() if key is None else key, lines, until, reference, None, USER_ID, sees_admins
    )


def consume(
    hold: Hold | int, *, key: str | None = None, sees_admins: bool = True, **more: Any
) -> ConsumeHold:
    filled: dict[str, Any] = {"reference": None, "reason": None} | more
    return ConsumeHold(_id(hold), USER_ID, sees_admins, new_key() if key is None else key, **filled)


def release(hold: Hold | int, *, sees_admins: bool = True) -> ReleaseHold:
    return ReleaseHold(_id(hold), USER_ID, sees_admins)


def extend(hold: Hold | int, seconds: int, *, sees_admins: bool = True) -> ExtendHold:
    return ExtendHold(_id(hold), USER_ID, sees_admins, Until(None, seconds))


async def done(services: Services, command: Any) -> HoldResult:
    return await services.of(Holds).carry_out(command)


async def code_of(services: Services, command: Any) -> str:
    """The code of a command's refusal; "ok" when it was carried out."""
    try:
        await done(services, command)
    except BatchRefused as refused:
        (code,) = {one.code for one in refused.refusals}
        return code
    except Refusal as refusal:
        return refusal.code
    return "ok"


def _id(hold: Hold | int) -> int:
    return hold if isinstance(hold, int) else hold.id
