"""Signing in and out, and keeping accounts, through the API."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from graphql_api.accounts.door import AT_WORK_PER_ADDRESS_MAX, WAITING_PER_ADDRESS_MAX
from graphql_api.accounts.failures import Failures
from graphql_api.accounts.passwords import Passwords
from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.clock import HeldClock
from tests.conftest import KINDS
from tests.patience import PATIENCE_S
from tests.schema.api import USER_IDS, Api, Caller, Closed, email_of

PASSWORD = "correct horse"
TOKENS = "accessToken refreshToken expiresAt user { id email role }"
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 takes its time by design; how it is done is tested with the accounts."""
    if request.node.get_closest_marker("asyncio") and "real_hash" not in request.fixturenames:

        async def hashed(_: Passwords, password: str) -> str:
            return f"hash of {password}"

        async def fits(_: Passwords, password: str, known: str | None) -> bool:
            return known == f"hash of {password}"

        monkeypatch.setattr(Passwords, "hash", hashed)
        monkeypatch.setattr(Passwords, "verify", fits)


@pytest.fixture
def real_hash() -> None:
    """Asks for the real thing."""


async def create_user(api: Api, email: str = "ann@example.com", role: str = "USER") -> str:
    """A user with PASSWORD; the id."""
    given = {"email": email, "name": "Ann", "password": PASSWORD, "role": role}
    payload = await api.admin.mutate("createUser", "user { id }", input=given)
    assert payload["userErrors"] == []
    return str(payload["user"]["id"])


async def log_in(
    api: Api, email: str = "ann@example.com", password: str = PASSWORD
) -> dict[str, Any]:
    payload: dict[str, Any] = await api.nobody.mutate(
        "login", TOKENS, input={"email": email, "password": password}
    )
    return payload


async def refresh(api: Api, token: str) -> dict[str, Any]:
    payload: dict[str, Any] = await api.nobody.mutate("refreshSession", TOKENS, refreshToken=token)
    return payload


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def is_in(api: Api, token: str) -> bool:
    return await api.with_token(token).codes("{ viewer { id } }") == []


async def test_a_user_signs_in_with_the_password_that_was_set(api: Api, real_hash: None) -> None:
    user_id = await create_user(api)
    signed_in = await log_in(api, " ANN@Example.com ")
    assert signed_in["user"] == {"id": user_id, "email": "ann@example.com", "role": "USER"}
    assert signed_in["expiresAt"] == "2026-01-01T00:10:00Z"
    data = await api.with_token(signed_in["accessToken"]).query("{ viewer { id name active } }")
    assert data == {"viewer": {"id": user_id, "name": "Ann", "active": True}}
    refused = await log_in(api, password="wrong")
    assert {**refused, "userErrors": codes(refused)} == {
        "accessToken": None, "refreshToken": None, "expiresAt": None, "user": None,
        "userErrors": ["INVALID_CREDENTIALS"],
    }  # fmt: skip
    rows = await api.services.database.reading.rows("SELECT password_hash FROM user_account")
    assert PASSWORD not in str([tuple(row) for row in rows])


async def test_a_wrong_password_and_an_unknown_account_look_the_same(api: Api) -> None:
    await create_user(api)
    answers = [await log_in(api, password="wrong"), await log_in(api, "nobody@example.com")]
    assert answers[0] == answers[1]


async def test_wrong_passwords_make_an_account_wait_ever_longer_and_no_other(
    api: Api, clock: HeldClock
) -> None:
    await create_user(api)
    await create_user(api, "bob@example.com")
    for _ in range(6):
        await log_in(api, password="wrong")
    waiting = await log_in(api)
    assert "try again in 2 s" in waiting["userErrors"][0]["message"]
    assert (await log_in(api, "bob@example.com"))["userErrors"] == []
    clock.advance(2)
    assert (await log_in(api))["userErrors"] == []


async def test_a_refresh_token_is_traded_once_for_new_ones(api: Api, clock: HeldClock) -> None:
    await create_user(api)
    first = await log_in(api)
    clock.advance(700)
    assert not await is_in(api, first["accessToken"])
    second = await refresh(api, first["refreshToken"])
    assert await is_in(api, second["accessToken"])
    assert second["refreshToken"] != first["refreshToken"]
    third = await refresh(api, second["refreshToken"])
    assert third["user"] == first["user"]
    assert await is_in(api, third["accessToken"])


async def test_a_refresh_token_used_again_later_ends_the_whole_session(
    api: Api, clock: HeldClock
) -> None:
    """Somebody has a copy of it: nobody can tell who is who."""
    await create_user(api)
    first = await log_in(api)
    other = await log_in(api)
    second = await refresh(api, first["refreshToken"])
    clock.advance(30)
    assert codes(await refresh(api, first["refreshToken"])) == ["INVALID_CREDENTIALS"]
    for token in (first, second):
        assert not await is_in(api, token["accessToken"])
    assert codes(await refresh(api, second["refreshToken"])) == ["INVALID_CREDENTIALS"]
    assert await is_in(api, other["accessToken"]), "another session of the same user goes on"


async def test_a_session_that_nobody_refreshes_ends(api: Api, clock: HeldClock) -> None:
    await create_user(api)
    signed_in = await log_in(api)
    clock.advance(30 * DAY_S + 1)
    assert codes(await refresh(api, signed_in["refreshToken"])) == ["INVALID_CREDENTIALS"]


async def test_logging_out_ends_this_session_and_its_sockets(api: Api) -> None:
    await create_user(api)
    mine, other = await log_in(api), await log_in(api)
    socket = await api.socket()
    await socket.init(mine["accessToken"])
    await socket.subscribe("subscription { inventoryUpdated { cursor } }")
    await api.subscribed(1)
    assert await api.with_token(mine["accessToken"]).query("mutation { logout }") == {
        "logout": True
    }
    with pytest.raises(Closed) as closed:
        await socket.next()
    assert closed.value.code == 4403
    assert not await is_in(api, mine["accessToken"])
    assert codes(await refresh(api, mine["refreshToken"])) == ["INVALID_CREDENTIALS"]
    assert await is_in(api, other["accessToken"])
    assert await api.with_token(mine["accessToken"]).codes("mutation { logout }") == [
        "UNAUTHENTICATED"
    ]


async def test_a_deactivated_user_is_out_at_once_and_cannot_come_back(api: Api) -> None:
    user_id = await create_user(api)
    signed_in = await log_in(api)
    payload = await api.admin.mutate(
        "updateUser", "user { active }", input={"id": user_id, "active": False}
    )
    assert payload["user"] == {"active": False}
    assert not await is_in(api, signed_in["accessToken"])
    assert codes(await refresh(api, signed_in["refreshToken"])) == ["INVALID_CREDENTIALS"]
    assert codes(await log_in(api)) == ["INVALID_CREDENTIALS"]
    await api.admin.mutate("updateUser", input={"id": user_id, "active": True})
    assert not await is_in(api, signed_in["accessToken"]), "the old session stays ended"
    assert (await log_in(api))["userErrors"] == []


async def test_a_new_password_ends_the_sessions_of_the_old_one(api: Api) -> None:
    user_id = await create_user(api)
    signed_in = await log_in(api)
    await api.admin.mutate("updateUser", input={"id": user_id, "password": "another good one"})
    assert not await is_in(api, signed_in["accessToken"])
    assert codes(await log_in(api)) == ["INVALID_CREDENTIALS"]
    assert (await log_in(api, password="another good one"))["userErrors"] == []


async def test_updating_a_user_changes_what_is_given_and_nothing_else(api: Api) -> None:
    user_id = await create_user(api)
    selection = "user { id email name role active }"
    before = {
        "id": user_id,
        "email": "ann@example.com",
        "name": "Ann",
        "role": "USER",
        "active": True,
    }
    for change in ({"name": "Anna"}, {"role": "VIEWER"}, {"active": False}, {"active": True}):
        given = {"id": user_id, "name": None, "role": None, "active": None, "password": None}
        payload = await api.admin.mutate("updateUser", selection, input=given | change)
        before |= change
        assert payload == {"user": before, "userErrors": []}


async def test_there_is_always_an_admin_left(api: Api) -> None:
    admin_id = (await api.admin.query("{ viewer { id } }"))["viewer"]["id"]
    for change in ({"role": "USER"}, {"active": False}):
        codes_ = await api.admin.refusals("updateUser", input={"id": admin_id, **change})
        assert codes_ == ["INVALID_TRANSITION"]
    other = await create_user(api, "root@example.com", "ADMIN")
    assert await api.admin.refusals("updateUser", input={"id": admin_id, "role": "USER"}) == []
    token = (await log_in(api, "root@example.com"))["accessToken"]
    demote = {"id": other, "active": False}
    assert await api.with_token(token).refusals("updateUser", input=demote) == [
        "INVALID_TRANSITION"
    ]


async def test_admins_list_all_users_without_their_secrets(api: Api) -> None:
    await create_user(api)
    data = await api.admin.query("{ users { totalCount nodes { email name role active } } }")
    assert data["users"]["totalCount"] == 4
    assert [user["email"] for user in data["users"]["nodes"]] == [
        *(email_of(role) for role in Role), "ann@example.com",
    ]  # fmt: skip
    fields = {"password", "passwordHash", "password_hash", "refreshToken"}
    for field in fields:
        assert await api.admin.codes(f"{{ users {{ nodes {{ {field} }} }} }}") != []


async def test_a_refresh_over_a_socket_renews_that_sockets_session(
    api: Api, clock: HeldClock
) -> None:
    await create_user(api)
    signed_in = await log_in(api)
    socket = await api.socket()
    await socket.init(signed_in["accessToken"])
    clock.advance(500)
    await socket.subscribe(
        "mutation($t: String!) { refreshSession(refreshToken: $t) { accessToken expiresAt } }",
        t=signed_in["refreshToken"],
    )
    renewed = await socket.event()
    assert renewed["expiresAt"] == "2026-01-01T00:18:20Z"
    assert (await socket.next())["type"] == "complete"
    clock.advance(300)  # beyond the first token's end and its grace
    assert api.app.backend is not None
    api.app.backend.sockets.look()
    await socket.settle()
    clock.advance(300 + 26)
    api.app.backend.sockets.look()
    with pytest.raises(Closed) as closed:
        await socket.next()
    assert closed.value.code == 4403


async def test_a_changed_role_reaches_an_open_socket(api: Api) -> None:
    """What it may see is judged for each event, not once when it was opened."""
    user_id = await create_user(api)
    socket = await api.socket()
    await socket.init((await log_in(api))["accessToken"])
    await socket.subscribe("subscription { inventoryUpdated { item { sku cost } } }")
    await api.subscribed(1)
    hidden = {"name": "x", "cost": "1.50", "visibility": "ADMINS"}
    await api.admin.mutate("createItem", input={"sku": "UNSEEN", **hidden})
    await api.admin.mutate("createItem", input={"sku": "SEEN", "name": "x", "cost": "1.50"})
    assert (await socket.event())["item"] == {"sku": "SEEN", "cost": None}
    await api.admin.mutate("updateUser", input={"id": user_id, "role": "ADMIN"})
    await api.admin.mutate("createItem", input={"sku": "SEEN-2", **hidden})
    assert (await socket.event())["item"] == {"sku": "SEEN-2", "cost": "1.50"}
    await api.admin.mutate("updateUser", input={"id": user_id, "role": "VIEWER"})
    await api.admin.mutate("createItem", input={"sku": "UNSEEN-2", **hidden})
    await api.admin.mutate("createItem", input={"sku": "SEEN-3", "name": "x", "cost": "1.50"})
    assert (await socket.event())["item"] == {"sku": "SEEN-3", "cost": None}


# ---- sessions, as their owners and ADMIN see them --------------------------------------------

SESSION = "id user { email } createdAt lastUsedAt expiresAt isCurrent"
SESSIONS_QUERY = f"""query($userId: ID, $first: Int, $after: String) {{
  sessions(userId: $userId, first: $first, after: $after) {{
    totalCount nodes {{ {SESSION} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)


async def sessions_of(caller: Caller, **arguments: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await caller.query(SESSIONS_QUERY, **arguments))["sessions"][
        "nodes"
    ]
    return nodes


async def test_a_session_tells_where_it_was_opened_and_with_what(api: Api) -> None:
    user_id = await create_user(api)
    given = f'email: "ann@example.com", password: "{PASSWORD}"'
    login = f"mutation {{ login(input: {{ {given} }}) {{ accessToken }} }}"
    for agent in ("Mozilla/5.0 (X11) Firefox/150", " a\tb " + "x" * 300, ""):
        body = json.dumps({"query": login})
        answer = await api.nobody.send(body, user_agent=agent or " ")  # "": it would be left out
        assert answer.data["login"]["accessToken"]
    socket = await api.socket(None, **{"user-agent": "Warehouse scanner 2"})
    await socket.init(None)
    await socket.subscribe(login)
    assert (await socket.event())["accessToken"]
    query = "query($userId: ID) { sessions(userId: $userId) { nodes { address device } } }"
    found = (await api.admin.query(query, userId=user_id))["sessions"]["nodes"]
    assert [session["device"] for session in reversed(found)] == [
        "Mozilla/5.0 (X11) Firefox/150",
        ("ab " + "x" * 300)[:200],
        None,
        "Warehouse scanner 2",
    ]
    assert {session["address"] for session in found} == {"127.0.0.1"}


@on_both
async def test_a_user_sees_the_own_sessions_newest_first_and_which_one_this_is(
    api: Api, clock: HeldClock
) -> None:
    await create_user(api)
    phone = await log_in(api)
    clock.advance(60)
    laptop = await log_in(api)
    clock.advance(60)
    phone = await refresh(api, phone["refreshToken"])
    found = await sessions_of(api.with_token(phone["accessToken"]))
    told = [{name: session[name] for name in session if name != "id"} for session in found]
    ann = {"user": {"email": "ann@example.com"}}
    assert told == [
        {
            **ann, "createdAt": "2026-01-01T00:01:00Z", "lastUsedAt": "2026-01-01T00:01:00Z",
            "expiresAt": "2026-01-31T00:01:00Z", "isCurrent": False,
        },
        {
            **ann, "createdAt": "2026-01-01T00:00:00Z", "lastUsedAt": "2026-01-01T00:02:00Z",
            "expiresAt": "2026-01-31T00:02:00Z", "isCurrent": True,
        },
    ]  # fmt: skip
    mine = await sessions_of(api.with_token(laptop["accessToken"]))
    assert [session["isCurrent"] for session in mine] == [True, False]


@on_both
async def test_an_admin_sees_all_sessions_or_one_users_page_by_page(api: Api) -> None:
    user_id = await create_user(api)
    for _ in range(3):
        await log_in(api)
    assert (await api.admin.query(SESSIONS_QUERY))["sessions"]["totalCount"] == 6
    assert len(await sessions_of(api.admin, userId=user_id)) == 3
    assert await sessions_of(api.admin, userId="no id") == []
    ids: list[str] = []
    after = None
    while True:
        page = (await api.admin.query(SESSIONS_QUERY, first=2, after=after))["sessions"]
        ids += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert ids == sorted(set(ids), key=int, reverse=True)
    assert len(ids) == 6
    assert await api.admin.codes(SESSIONS_QUERY, after="x") == ["CURSOR_INVALID"]


async def test_without_being_admin_other_peoples_sessions_are_forbidden(api: Api) -> None:
    user_id = await create_user(api)
    await log_in(api)
    for caller, own in ((api.user, USER_IDS[Role.USER]), (api.viewer, USER_IDS[Role.VIEWER])):
        assert await caller.codes(SESSIONS_QUERY, userId=user_id) == ["FORBIDDEN"]
        assert await caller.codes(SESSIONS_QUERY, userId="no id") == ["FORBIDDEN"]
        assert (await caller.query(SESSIONS_QUERY))["sessions"]["totalCount"] == 1
        assert len(await sessions_of(caller, userId=str(own))) == 1


async def test_sessions_that_ended_or_expired_are_not_listed(api: Api, clock: HeldClock) -> None:
    user_id = await create_user(api)
    signed_in = await log_in(api)
    await log_in(api)
    await api.with_token(signed_in["accessToken"]).query("mutation { logout }")
    assert len(await sessions_of(api.admin, userId=user_id)) == 1
    clock.advance(15 * DAY_S)
    await log_in(api)
    clock.advance(15 * DAY_S)
    found = await api.services.of(Sessions).page(int(user_id), 10, None)
    assert len(found) == await api.services.of(Sessions).count(int(user_id)) == 1


@on_both
async def test_a_session_that_is_ended_from_elsewhere_closes_its_sockets(api: Api) -> None:
    user_id = await create_user(api)
    lost, kept = await log_in(api), await log_in(api)
    socket = await api.socket()
    await socket.init(lost["accessToken"])
    other = await api.socket()
    await other.init(kept["accessToken"])
    session_id = (await sessions_of(api.admin, userId=user_id))[1]["id"]
    owner = api.with_token(kept["accessToken"])
    ended = await owner.mutate("endSession", f"session {{ {SESSION} }}", id=session_id)
    assert (ended["session"]["id"], ended["session"]["isCurrent"]) == (session_id, False)
    with pytest.raises(Closed) as closed:
        await socket.next()
    assert closed.value.code == 4403
    await other.settle()
    assert not await is_in(api, lost["accessToken"])
    assert codes(await refresh(api, lost["refreshToken"])) == ["INVALID_CREDENTIALS"]
    assert len(await sessions_of(owner)) == 1


async def test_ending_a_session_is_for_its_owner_and_for_admin(api: Api) -> None:
    user_id = await create_user(api)
    signed_in = await log_in(api)
    (session,) = await sessions_of(api.admin, userId=user_id)
    for caller in (api.user, api.viewer):
        assert await caller.refusals("endSession", id=session["id"]) == ["NOT_FOUND"]
    assert await is_in(api, signed_in["accessToken"])
    assert await api.admin.refusals("endSession", id=session["id"]) == []
    assert not await is_in(api, signed_in["accessToken"])
    for ended in (session["id"], "0", "x"):
        assert await api.admin.refusals("endSession", id=ended) == ["NOT_FOUND"]


async def test_ending_the_own_session_is_signing_out(api: Api) -> None:
    await create_user(api)
    signed_in = await log_in(api)
    owner = api.with_token(signed_in["accessToken"])
    (session,) = await sessions_of(owner)
    assert (await owner.mutate("endSession", id=session["id"]))["userErrors"] == []
    assert await owner.codes("{ viewer { id } }") == ["UNAUTHENTICATED"]


# ---- storms of logins, and one's own password ------------------------------------------------


@pytest.fixture
def slow_hash(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Passwords are checked only once this is set: whoever signs in waits till then."""
    done = asyncio.Event()

    async def fits(_: Passwords, password: str, known: str | None) -> bool:
        await done.wait()
        return known == f"hash of {password}"

    monkeypatch.setattr(Passwords, "verify", fits)
    return done


async def test_a_storm_of_logins_is_told_at_once_when_to_come_again(
    api: Api, slow_hash: asyncio.Event
) -> None:
    """How the bug came about: all of them waited for Argon2, and everybody else behind them."""
    given = {"email": "a@example.com", "password": "wrong"}
    storm = [asyncio.create_task(api.nobody.try_mutate("login", input=given)) for _ in range(250)]
    _, waiting = await asyncio.wait(storm, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    while len(waiting) > AT_WORK_PER_ADDRESS_MAX + WAITING_PER_ADDRESS_MAX:
        done, waiting = await asyncio.wait(
            waiting, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
        )
        assert done, "the refused ones are answered while the others wait"
    slow_hash.set()
    answers = await asyncio.gather(*storm)
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 250 - AT_WORK_PER_ADDRESS_MAX - WAITING_PER_ADDRESS_MAX
    for answer in refused:
        assert answer.codes == ["RATE_LIMITED"]
        assert answer.headers["retry-after"] == str(
            answer.errors[0]["extensions"]["retryAfterSeconds"]
        )
    assert api.services.of(Failures).counts["limit"] == len(refused)


async def test_a_socket_is_told_too_when_to_sign_in_again(
    api: Api, slow_hash: asyncio.Event
) -> None:
    socket = await api.socket()
    await socket.init(None)
    count = AT_WORK_PER_ADDRESS_MAX + WAITING_PER_ADDRESS_MAX
    for number in range(count + 1):
        document = 'mutation { login(input: { email: "a@b", password: "c" }) { user { id } } }'
        await socket.subscribe(document, str(number))
    message = await socket.next()
    assert message["type"] == "next"
    assert message["payload"]["data"] is None
    (error,) = message["payload"]["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryAfterSeconds"] >= 1
    slow_hash.set()


LOGIN = 'login(input: { email: "a@b", password: "c" }) { user { id } }'
CREATE = 'createUser(input: { email: "a@b", name: "A", password: "c", role: USER }) { user { id } }'
CHANGE = 'changePassword(input: { currentPassword: "a", newPassword: "b" }) { user { id } }'


@pytest.mark.parametrize(
    "document",
    [
        f"mutation {{ a: {LOGIN} b: {LOGIN} }}",
        f"mutation {{ {LOGIN} {CHANGE} }}",
        f"mutation {{ a: {CREATE} b: {CREATE} }}",
        f"mutation {{ a: {LOGIN} ...F }} fragment F on Mutation {{ b: {LOGIN} }}",
        f"mutation {{ ...F ...G }} fragment F on Mutation {{ b: {LOGIN} }} "
        f"fragment G on Mutation {{ ... on Mutation {{ c: {LOGIN} }} }}",
        f"mutation A {{ {LOGIN} }} mutation B {{ {LOGIN} }}",
    ],
)
async def test_a_document_asks_for_one_passwords_work(api: Api, document: str) -> None:
    before = await api.recorded()
    name = "A" if "mutation A" in document else None
    answer = await api.admin.post(document, operationName=name)
    assert answer.codes == ["LIMIT_EXCEEDED"]
    assert await api.recorded() == before
    assert api.services.of(Failures).counts["wrong_password"] == 0


async def test_one_login_a_document_is_one_and_other_fields_are_free(api: Api) -> None:
    for document in (
        f"mutation {{ {LOGIN} {LOGIN} }}",  # the same field twice is one
        f"mutation {{ {LOGIN} other: endSession(id: 9) {{ userErrors {{ code }} }} }}",
    ):
        assert await api.admin.codes(document) == [], document


async def test_a_second_password_in_an_update_is_refused_when_it_runs(api: Api) -> None:
    user_id = await create_user(api)
    update = 'updateUser(input: { id: "%s", password: "%s" }) { userErrors { code } }'
    first, second = (
        update % (user_id, password) for password in ("another good one", "yet another one")
    )
    document = f"mutation {{ a: {first} b: {second} }}"
    assert await api.admin.codes(document) == ["LIMIT_EXCEEDED"]
    assert (await log_in(api, password="another good one"))["userErrors"] == []


async def test_changing_the_password_ends_the_other_sessions_and_their_sockets(api: Api) -> None:
    await create_user(api)
    mine, other = await log_in(api), await log_in(api)
    sockets = []
    for session in (mine, other):
        socket = await api.socket()
        await socket.init(session["accessToken"])
        sockets.append(socket)
    given = {"currentPassword": PASSWORD, "newPassword": "another good one"}
    caller = api.with_token(mine["accessToken"])
    renewed = await caller.mutate("changePassword", TOKENS, input=given)
    assert renewed["userErrors"] == []
    assert renewed["user"]["email"] == "ann@example.com"
    with pytest.raises(Closed) as closed:
        await sockets[1].next()
    assert closed.value.code == 4403
    await sockets[0].settle()
    assert await is_in(api, renewed["accessToken"])
    assert not await is_in(api, other["accessToken"])
    assert codes(await refresh(api, other["refreshToken"])) == ["INVALID_CREDENTIALS"]
    assert (await refresh(api, renewed["refreshToken"]))["userErrors"] == []
    assert codes(await log_in(api)) == ["INVALID_CREDENTIALS"]
    assert (await log_in(api, password="another good one"))["userErrors"] == []


async def test_changing_the_password_is_refused_with_the_field_that_is_wrong(api: Api) -> None:
    await create_user(api)
    caller = api.with_token((await log_in(api))["accessToken"])
    for current, new, code, field in (
        ("wrong", "another good one", "INVALID_CREDENTIALS", "currentPassword"),
        (PASSWORD, "short", "INVALID_INPUT", "newPassword"),
        (PASSWORD, "password1234", "INVALID_INPUT", "newPassword"),
    ):
        given = {"currentPassword": current, "newPassword": new}
        payload = await caller.mutate("changePassword", TOKENS, input=given)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == (code, ["input", field])
        assert payload["accessToken"] is None
    assert (await log_in(api))["userErrors"] == []


async def test_a_refused_role_is_counted_and_told(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    assert await api.user.codes("{ users { nodes { id } } }") == ["FORBIDDEN"]
    assert await api.viewer.refusals("resolveAlert", id="9") == ["FORBIDDEN"]
    socket = await api.socket(Role.USER)
    await socket.subscribe("subscription { importProgress { __typename } }")
    assert await socket.refusal() == ["FORBIDDEN"]
    assert api.services.of(Failures).counts == {"forbidden": 3}
    lines = [r.getMessage() for r in caplog.records if "access refused" in r.getMessage()]
    assert lines == [
        "access refused: forbidden (users), address 127.0.0.1, user 12",
        "access refused: forbidden (resolveAlert), address 127.0.0.1, user 13",
        "access refused: forbidden (importProgress), address 127.0.0.1, user 12",
    ]


async def test_a_person_chooses_the_language_of_an_account(api: Api) -> None:
    """It was kept on one device alone, and pushes were English."""
    ann = await create_user(api)
    token = (await log_in(api))["accessToken"]
    own = Caller(api.nobody.http, api.nobody.schema, token)
    for told in ("JA", None, "DE"):
        payload = await own.mutate("setLanguage", "user { language }", language=told)
        assert payload == {"user": {"language": told}, "userErrors": []}
        assert await own.query("{ viewer { language } }") == {"viewer": {"language": told}}
    payload = await api.admin.mutate(
        "updateUser", "user { language }", input={"id": ann, "name": "A"}
    )
    assert payload["user"]["language"] == "DE", "what is absent stays"
    given = {"id": ann, "language": "FR"}
    assert (await api.admin.mutate("updateUser", "user { language }", input=given))["user"] == {
        "language": "FR"
    }
    assert await own.query("{ viewer { language } }") == {"viewer": {"language": "FR"}}


async def test_an_account_begins_with_a_language_if_that_is_said(api: Api) -> None:
    given = {"email": "o@example.com", "name": "O", "password": PASSWORD, "role": "USER"}
    for more, told in (({"language": "ES"}, "ES"), ({"email": "p@example.com"}, None)):
        payload = await api.admin.mutate("createUser", "user { language }", input=given | more)
        assert payload["user"]["language"] == told
