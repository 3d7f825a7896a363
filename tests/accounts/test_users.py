"""Users: creating and changing accounts."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import NewUser, User, UserChange, Users, check_email
from graphql_api.delivery import audience
from graphql_api.errors import AlreadyExists, InvalidInput, InvalidTransition, NotFound
from graphql_api.services import Services
from tests.accounts.conftest import PASSWORD, make_user
from tests.invariants import events_of


async def test_a_new_account_is_active_and_found(services: Services, admin: User) -> None:
    assert admin == User(admin.id, "Ada@Example.com", "Ada", Role.ADMIN, True)
    assert await services.of(Users).by_ids([admin.id, 4711]) == {admin.id: admin}
    assert await services.of(Users).count() == 1


async def test_emails_and_names_are_trimmed(services: Services) -> None:
    user = await services.of(Users).create(NewUser(" b@c ", "  Bob ", PASSWORD, Role.USER))
    assert (user.email, user.name) == ("b@c", "Bob")


async def test_an_email_is_taken_in_any_case(services: Services, admin: User) -> None:
    for email in ("ada@example.com", "ADA@EXAMPLE.COM", " Ada@example.com "):
        with pytest.raises(AlreadyExists) as refused:
            await services.of(Users).create(NewUser(email, "x", PASSWORD, Role.USER))
        assert refused.value.field == ("input", "email")


async def test_of_many_who_register_one_email_at_once_one_succeeds(services: Services) -> None:
    results = await asyncio.gather(
        *(make_user(services, name) for name in ("bob", "BOB", "Bob")), return_exceptions=True
    )
    assert sum(isinstance(result, AlreadyExists) for result in results) == 2


@pytest.mark.parametrize(
    "email",
    ["", " ", "bob", "@c", "b@", "b c@d", "b@c d", "b\n@c", "b\x00@c", "x" * 250 + "@c.de"],
)
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_email(email, ("input", "email"))
    assert refused.value.field == ("input", "email")


async def test_an_email_that_grows_when_its_case_is_folded_is_kept_or_refused(
    services: Services,
) -> None:
    email = "ﷺ" * 200 + "@example.com"
    with suppress(InvalidInput):
        user = await services.of(Users).create(NewUser(email, "x", PASSWORD, Role.USER))
        assert (await services.of(Sessions).log_in(email, PASSWORD)).user == user


async def test_what_breaks_its_rule_is_refused(services: Services) -> None:
    for email, name, password, field in (
        ("bob", "x", PASSWORD, "email"),
        ("b@c", "", PASSWORD, "name"),
        ("b@c", "x" * 201, PASSWORD, "name"),
        ("b@c", "x", "short", "password"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await services.of(Users).create(NewUser(email, name, password, Role.USER))
        assert refused.value.field == ("input", field)
    assert await services.of(Users).count() == 0


async def test_a_password_is_kept_as_a_hash_alone(services: Services, admin: User) -> None:
    row = await services.database.reading.row("SELECT * FROM user_account")
    assert row is not None
    assert PASSWORD not in str(tuple(row))


async def test_a_change_touches_what_it_names(services: Services, admin: User) -> None:
    user = await make_user(services, "bob")
    for command, wanted in (
        (
            UserChange(user.id, name=" Robert "),
            User(user.id, user.email, "Robert", Role.USER, True),
        ),
        (UserChange(user.id, role=Role.VIEWER), None),
        (UserChange(user.id, active=False), None),
    ):
        changed = await services.of(Users).change(command)
        assert await services.of(Users).by_ids([user.id]) == {user.id: changed}
        if wanted is not None:
            assert changed == wanted
    now = (await services.of(Users).by_ids([user.id]))[user.id]
    assert (now.name, now.role, now.active) == ("Robert", Role.VIEWER, False)


async def test_a_change_of_nothing_or_of_nobody_is_refused(services: Services, admin: User) -> None:
    with pytest.raises(InvalidInput, match="Nothing to change"):
        await services.of(Users).change(UserChange(admin.id))
    for user_id in (0, -1, 4711, 10**17):
        with pytest.raises(NotFound):
            await services.of(Users).change(UserChange(user_id, name="x"))


async def test_a_change_tells_the_servers_and_no_client(services: Services, admin: User) -> None:
    await services.of(Users).change(UserChange(admin.id, name="Ada L."))
    (event,) = await events_of(services)
    assert (event["topic"], event["kind"]) == ("accounts", "USER_CHANGED")
    assert (event["roles"], event["user_id"]) == (audience.NOBODY, None)
    assert event["payload"] == {"userId": admin.id}


@pytest.mark.parametrize(
    "loss", [{"role": Role.USER}, {"role": Role.VIEWER}, {"active": False}], ids=str
)
async def test_the_last_active_admin_stays_one(
    services: Services, admin: User, loss: dict[str, object]
) -> None:
    change = UserChange(admin.id, **loss)  # type: ignore[arg-type]
    inactive = await make_user(services, "gone", Role.ADMIN)
    await services.of(Users).change(UserChange(inactive.id, active=False))
    with pytest.raises(InvalidTransition, match="last active ADMIN"):
        await services.of(Users).change(change)
    assert (await services.of(Users).by_ids([admin.id]))[admin.id] == admin
    await services.of(Users).change(UserChange(admin.id, name="Ada L."))  # nothing is lost by this
    await services.of(Users).change(UserChange(inactive.id, active=True))
    await services.of(Users).change(change)


async def test_two_admins_who_demote_each_other_at_once_leave_one(
    services: Services, admin: User
) -> None:
    other = await make_user(services, "bob", Role.ADMIN)
    results = await asyncio.gather(
        services.of(Users).change(UserChange(admin.id, role=Role.USER)),
        services.of(Users).change(UserChange(other.id, active=False)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, InvalidTransition) for result in results) == 1


async def test_pages_of_users_are_in_the_order_they_came(services: Services) -> None:
    users = [await make_user(services, f"u{number}") for number in range(5)]
    found: list[User] = []
    after: int | None = None
    while page := await services.of(Users).page(2, after):
        found += page
        after = page[-1].id
    assert found == users
