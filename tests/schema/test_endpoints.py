"""What is beside GraphQL itself: health, metrics, origins, and how the process is doing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.database.database import Database
from graphql_api.settings import Settings
from tests.builders import make_item
from tests.schema.api import Api, Closed, running

SHOP, OTHER = "https://shop.example", "https://elsewhere.example"


async def get(api: Api, path: str, **headers: str) -> Any:
    return await api.http.get(path, headers=headers)


# ---- health ------------------------------------------------------------------------------------


async def test_a_running_server_is_healthy_and_ready(api: Api) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        response = await get(api, path)
        assert (response.status_code, response.json()) == (200, {"status": status})


async def test_a_draining_server_is_healthy_but_not_ready(api: Api) -> None:
    await api.app.drain()
    assert (await get(api, "/healthz")).status_code == 200
    response = await get(api, "/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "closing"})


async def test_a_server_without_its_database_is_not_ready(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(_: Database) -> bool:
        return False

    monkeypatch.setattr(Database, "is_reachable", unreachable)
    response = await get(api, "/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "no database"})
    assert (await get(api, "/healthz")).status_code == 200


async def test_other_paths_and_methods_are_not_there(api: Api) -> None:
    for path in ("/graphql/x", "/nonsense", "/healthz/x", "/metrics/../secrets"):
        assert (await get(api, path)).status_code == 404, path
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await api.http.post(path)).status_code == 405, path


async def test_every_answer_says_what_a_browser_must_not_make_of_it(api: Api) -> None:
    answers = [await get(api, path) for path in ("/", "/healthz", "/metrics", "/no", "/graphql")]
    answers.append(await api.http.post("/graphql", json={"query": "{ __typename }"}))
    answers.append(await api.http.post("/graphql", content=b"no"))
    asked = {"origin": "http://test", "access-control-request-method": "POST"}
    answers.append(await api.http.options("/graphql", headers=asked))
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert "geolocation=()" in answer.headers["permissions-policy"], answer.url


# ---- metrics -----------------------------------------------------------------------------------


async def figures(api: Api) -> dict[tuple[str, tuple[str, ...]], float]:
    """All samples: name and label values → value."""
    response = await get(api, "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(response.text))
    assert all(family.documentation for family in families)
    assert all(family.name.startswith("inventory_") for family in families)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", None, 403),
        ("", "Bearer ", 403),
        ("the metrics' token", None, 401),
        ("the metrics' token", "Bearer no", 401),
        ("the metrics' token", "Bearer the metrics' token", 200),
    ],
)
async def test_in_production_the_metrics_are_for_whoever_has_their_token(
    settings: Settings, clock: HeldClock, token: str, given: str | None, status: int
) -> None:
    told = {"environment": "production", "metrics_token": token}
    async with running(settings.model_copy(update=told), clock) as api:
        headers = {} if given is None else {"authorization": given}
        assert (await get(api, "/metrics", **headers)).status_code == status


async def test_the_metrics_tell_of_sockets_deliveries_and_commits(api: Api) -> None:
    quiet = await figures(api)
    assert quiet["inventory_execution_groups", ()] == 0
    first, second = await api.socket(Role.USER), await api.socket(Role.USER)
    for socket in (first, second):
        await socket.subscribe("subscription { inventoryUpdated { cursor } }")
    await api.subscribed(2)
    await make_item(api.services)
    for socket in (first, second):
        await socket.event()
    busy = await figures(api)
    assert busy["inventory_connections", ("USER",)] == 2
    assert busy["inventory_subscriptions", ("inventory",)] == 2
    assert busy["inventory_execution_groups", ()] == 1
    assert busy["inventory_deliveries_total", ()] == 2
    assert busy["inventory_delivered_bytes_total", ()] > 100
    assert busy["inventory_log_position", ()] == await api.head()
    assert busy["inventory_commit_to_send_seconds_count", ()] == 1
    assert busy["inventory_commit_to_send_seconds_bucket", ("+Inf",)] == 1
    assert busy["inventory_transactions_total", ()] > quiet["inventory_transactions_total", ()]
    await first.close()
    closed = await figures(api)
    assert closed["inventory_connections", ("USER",)] == 1
    assert closed["inventory_closes_total", ("1000",)] == 1


async def test_the_metrics_tell_nothing_of_users_or_items(api: Api) -> None:
    await make_item(api.services, "SECRET-SKU")
    text = (await get(api, "/metrics")).text
    assert "SECRET" not in text
    assert "example.com" not in text


async def test_the_realtime_status_agrees_with_what_is_open(api: Api, clock: HeldClock) -> None:
    for role in (Role.ADMIN, Role.VIEWER, Role.VIEWER):
        socket = await api.socket(role)
        await socket.subscribe("subscription { alertRaised { cursor } }")
    await api.subscribed(3)
    clock.advance(90)
    data = await api.admin.query(
        "{ syncCursor realtimeStatus { connections subscriptions executionGroups uptimeSeconds "
        "head lag deliveries slowSockets connectionsByRole { role count } } }"
    )
    assert data["realtimeStatus"] == {
        "connections": 3,
        "subscriptions": 3,
        "executionGroups": 2,
        "uptimeSeconds": 90,
        "head": data["syncCursor"],
        "lag": 0,
        "deliveries": 0,
        "slowSockets": 0,
        "connectionsByRole": [
            {"role": "ADMIN", "count": 1},
            {"role": "USER", "count": 0},
            {"role": "VIEWER", "count": 2},
        ],
    }


# ---- origins -----------------------------------------------------------------------------------


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"frontend_url": (SHOP, "http://localhost:5173")})


async def preflight(api: Api, origin: str) -> Any:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    return await api.http.options("/graphql", headers=asked)


@pytest.mark.parametrize(
    "origin", [SHOP, "http://localhost:5173", SHOP.upper(), f"{SHOP}:443", "HTTP://LocalHost:5173"]
)
async def test_pages_of_the_frontend_may_call(api: Api, origin: str) -> None:
    response = await preflight(api, origin)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"].lower()
    answer = await api.user.send(b'{"query": "{ viewer { id } }"}', origin=origin)
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.data["viewer"]


@pytest.mark.parametrize(
    "origin",
    [
        *(OTHER, "null", "http://shop.example", "https://shop.example:8443"),
        *(f"{SHOP}.evil.example", f"{SHOP}@evil.example", f"{SHOP}:80", "http://localhost"),
    ],
)
async def test_pages_of_other_origins_may_not(api: Api, origin: str) -> None:
    response = await preflight(api, origin)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers
    answer = await api.user.send(b'{"query": "{ viewer { id } }"}', origin=origin)
    assert "access-control-allow-origin" not in answer.headers


async def test_pages_of_the_frontend_may_send_what_their_libraries_add(api: Api) -> None:
    names = (
        "apollographql-client-name,apollographql-client-version,x-apollo-operation-name,"
        "apollo-require-preflight,sentry-trace,baggage,traceparent,tracestate,x-request-id"
    )
    for method in ("GET", "POST"):
        asked = {
            "origin": SHOP,
            "access-control-request-method": method,
            "access-control-request-headers": names,
        }
        response = await api.http.options("/graphql", headers=asked)
        assert response.status_code == 200
        assert int(response.headers["access-control-max-age"]) >= 600
    asked["access-control-request-headers"] = "x-anything"
    assert (await api.http.options("/graphql", headers=asked)).status_code == 400


async def test_faults_are_told_to_pages_of_the_frontend(api: Api) -> None:
    for body, method in ((b"no", "POST"), (b" " * 70_000, "POST"), (b"", "PUT")):
        answer = await api.user.send(body, method=method, origin=SHOP)
        assert answer.status >= 400
        assert answer.headers["access-control-allow-origin"] == SHOP


async def test_a_refused_origin_is_told_the_setting_that_decides(api: Api) -> None:
    response = await preflight(api, OTHER)
    assert "FRONTEND_URL" in response.text
    assert "allowed_origins" not in response.text


async def test_cookies_are_never_asked_for(api: Api) -> None:
    response = await preflight(api, SHOP)
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        *(SHOP, SHOP.upper(), f"{SHOP}:443", "http://localhost:5173"),
        *("http://inventory.test", "http://Inventory.Test:80"),
    ],
)
async def test_pages_of_the_frontend_and_our_own_may_open_sockets(api: Api, origin: str) -> None:
    socket = await api.socket(Role.USER, origin=origin)
    await socket.settle()


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "http://shop.example", f"{SHOP}.evil.example", "http://inventory.test.evil"]
)  # fmt: skip
async def test_pages_of_other_origins_open_no_socket(api: Api, origin: str) -> None:
    with pytest.raises(Closed):
        await api.socket(origin=origin)


async def test_programs_without_an_origin_may_open_sockets(api: Api) -> None:
    await (await api.socket(Role.USER)).settle()


async def test_a_star_lets_every_page_in(settings: Settings, clock: HeldClock) -> None:
    async with running(settings.model_copy(update={"frontend_url": ("*",)}), clock) as api:
        assert (await preflight(api, OTHER)).status_code == 200
        await (await api.socket(Role.USER, origin=OTHER)).settle()


# ---- rates -------------------------------------------------------------------------------------


async def test_a_caller_beyond_the_rate_is_told_when_to_come_back(
    settings: Settings, clock: HeldClock
) -> None:
    slow = settings.model_copy(update={"rate_operations_per_second": 2})
    async with running(slow, clock) as api:
        user, query = api.user, "{ viewer { id } }"
        for _ in range(10):
            assert await user.codes(query) == []
        answer = await user.post(query)
        assert (answer.status, answer.codes) == (429, ["RATE_LIMITED"])
        assert answer.headers["retry-after"] == "1"
        assert answer.errors[0]["extensions"]["retryAfterSeconds"] == 1
        assert await api.viewer.codes(query) == [], "another user is served"
        assert await api.nobody.codes("{ __typename }") == []
        clock.advance(1)
        assert await user.codes(query) == []
        socket = await api.socket(Role.USER)
        for _ in range(3):
            await socket.subscribe(query)
            last = await socket.next()
            if last["type"] == "next":
                assert (await socket.next())["type"] == "complete"
        assert last["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_an_answer_is_json_and_is_not_kept_by_caches(api: Api) -> None:
    answer = await api.user.post("{ viewer { id } }")
    assert answer.headers["content-type"].startswith("application/json")
    assert orjson.dumps(answer.body)
