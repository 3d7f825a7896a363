"""Edit leases on both databases: granted to one, fenced for all who had it before."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import NewUser, User, UserChange, Users
from graphql_api.clock import HeldClock
from graphql_api.errors import LeaseHeld, LeaseLost, NotFound, VersionConflict
from graphql_api.inventory.items import Item, Items
from graphql_api.presence.leases import LEASE_S, Leases
from graphql_api.presence.live import LivePresence
from graphql_api.services import Services
from tests.builders import change, hide, item_now, make_item, removal
from tests.conftest import OpenServices


async def make_user(services: Services, name: str = "Ann", role: Role = Role.USER) -> User:
    command = NewUser(f"{name.lower()}@example.com", name, "a good password", role)
    return await services.of(Users).create(command)


def viewer(user: User, session_id: int = 0) -> Viewer:
    """The user in a session; session ids need not exist for a lease."""
    return Viewer(user.id, session_id or user.id + 10_000, user.role, 2**60)


def leases_of(services: Services) -> Leases:
    return services.of(LivePresence)._leases


async def rename(
    services: Services, item: Item, user: User, token: str | None, version: int | None = None
) -> None:
    command = change(item, version, name="Renamed")
    await services.of(Items).change(
        type(command)(
            command.id,
            command.expected_version,
            command.changes,
            user.id,
            command.sees_admins,
            token,
        )
    )


async def test_of_many_who_ask_at_once_exactly_one_gets_it(
    services: Services, open_again: OpenServices
) -> None:
    item = await make_item(services)
    users = [await make_user(services, f"User{number}") for number in range(4)]
    async with open_again() as other:
        asked = [
            leases_of((services, other)[number % 2]).take(item.id, viewer(user))
            for number, user in enumerate(users * 3)
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    granted = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, LeaseHeld)]
    assert len(granted) == 3  # the winner asked three times
    assert len({lease.token for lease in granted}) == 1
    assert len(refused) == 9
    assert {one.holder for one in refused} == {granted[0].holder.name}
    live = await leases_of(services).live(services.clock.now_us())
    assert live == {item.id: max((g.holder for g in granted), key=lambda h: h.expires_at_us)}


async def test_it_is_renewed_by_its_holder_and_ends_without(
    services: Services, clock: HeldClock
) -> None:
    item, leases = await make_item(services), leases_of(services)
    ann, bob = await make_user(services), await make_user(services, "Bob")
    first = await leases.take(item.id, viewer(ann))
    clock.advance(LEASE_S - 1)
    again = await leases.take(item.id, viewer(ann))
    assert again.token == first.token
    clock.advance(LEASE_S - 1)
    with pytest.raises(LeaseHeld, match="Ann is editing"):
        await leases.take(item.id, viewer(bob))
    clock.advance(1)
    assert await leases.live(clock.now_us()) == {}
    other = await leases.take(item.id, viewer(bob))
    assert other.token.split("-")[0] == "2"  # the fence has risen
    with pytest.raises(LeaseHeld, match="Bob is editing"):
        await leases.take(item.id, viewer(ann))


async def test_only_the_newest_token_changes_an_item_and_a_refused_change_changes_nothing(
    services: Services, clock: HeldClock
) -> None:
    item, leases = await make_item(services), leases_of(services)
    ann, bob = await make_user(services), await make_user(services, "Bob")
    old = await leases.take(item.id, viewer(ann))
    clock.advance(LEASE_S)
    new = await leases.take(item.id, viewer(bob))
    head = (await services.log.head()).position
    for user, token in (
        (ann, old.token),
        (ann, new.token),  # somebody else's
        (bob, old.token),
        (bob, new.token + "x"),
        (bob, ""),
        (bob, "2"),
        (bob, "999999999999999999999-a"),
    ):
        with pytest.raises(LeaseLost) as refused:
            await rename(services, item, user, token)
        assert refused.value.field == ("input", "leaseToken")
    assert (await services.log.head()).position == head
    assert (await item_now(services, item)).name == item.name
    await rename(services, item, bob, new.token)
    assert (await item_now(services, item)).name == "Renamed"


async def test_a_lease_does_not_stand_in_for_the_version_nor_the_version_for_a_lease(
    services: Services,
) -> None:
    item, ann = await make_item(services), await make_user(services)
    bob = await make_user(services, "Bob")
    lease = await leases_of(services).take(item.id, viewer(ann))
    await rename(services, item, bob, None, version=1)  # without a token: as ever
    with pytest.raises(VersionConflict):
        await rename(services, item, ann, lease.token, version=1)
    with pytest.raises(LeaseLost):
        await rename(services, item, bob, "1-wrong", version=2)
    await rename(services, item, ann, lease.token, version=2)


async def test_another_session_of_the_same_user_takes_it_over_and_the_old_one_is_fenced_off(
    services: Services,
) -> None:
    item, ann, leases = await make_item(services), await make_user(services), leases_of(services)
    closed_tab = await leases.take(item.id, viewer(ann, 1))
    new_tab = await leases.take(item.id, viewer(ann, 2))
    assert new_tab.token != closed_tab.token
    with pytest.raises(LeaseLost):
        await rename(services, item, ann, closed_tab.token)
    await rename(services, item, ann, new_tab.token)


async def test_what_does_not_exist_for_the_viewer_cannot_be_leased(services: Services) -> None:
    hidden, deleted = await make_item(services, "A"), await make_item(services, "B")
    await hide(services, hidden)
    await services.of(Items).remove(removal(deleted))
    ann, leases = await make_user(services), leases_of(services)
    for item_id in (hidden.id, deleted.id, 99, -1):
        with pytest.raises(NotFound):
            await leases.take(item_id, viewer(ann))
    admin = await make_user(services, "Adam", Role.ADMIN)
    assert (await leases.take(hidden.id, viewer(admin))).item_id == hidden.id


async def test_a_released_token_is_worthless_and_the_fence_rises_on(services: Services) -> None:
    item, ann, leases = await make_item(services), await make_user(services), leases_of(services)
    first = await leases.take(item.id, viewer(ann))
    await leases.release(item.id, ann.id, first.token)
    for token in (first.token, "1-"):
        with pytest.raises(LeaseLost):
            await rename(services, item, ann, token)
        with pytest.raises(LeaseLost):
            await leases.release(item.id, ann.id, token)
    second = await leases.take(item.id, viewer(ann))
    assert second.token != first.token
    assert second.token.startswith("2-")


@pytest.mark.parametrize("loss", ["logout", "deactivated", "demoted", "password"])
async def test_a_lease_ends_with_the_session_or_the_right_that_it_was_granted_to(
    services: Services, loss: str
) -> None:
    item, leases = await make_item(services), leases_of(services)
    ann, bob = await make_user(services), await make_user(services, "Bob")
    signed_in = await services.of(Sessions).log_in("ann@example.com", "a good password")
    lease = await leases.take(item.id, viewer(ann, signed_in.session_id))
    await leases.take((await make_item(services, "B")).id, viewer(bob))
    if loss == "logout":
        await services.of(Sessions).log_out(signed_in.session_id)
    else:
        changes = {
            "deactivated": UserChange(ann.id, active=False),
            "demoted": UserChange(ann.id, role=Role.VIEWER),
            "password": UserChange(ann.id, password="another good password"),
        }
        await services.of(Users).change(changes[loss])
    live = await leases.live(services.clock.now_us())
    assert [holder.name for holder in live.values()] == ["Bob"]
    with pytest.raises(LeaseLost):
        await rename(services, item, ann, lease.token)
    assert (await leases.take(item.id, viewer(bob))).token.startswith("2-")


async def test_a_new_name_ends_no_lease(services: Services) -> None:
    item, ann, leases = await make_item(services), await make_user(services), leases_of(services)
    signed_in = await services.of(Sessions).log_in("ann@example.com", "a good password")
    await leases.take(item.id, viewer(ann, signed_in.session_id))
    await services.of(Users).change(UserChange(ann.id, name="Anna"))
    live = await leases.live(services.clock.now_us(), [item.id])
    assert live[item.id].name == "Anna"
