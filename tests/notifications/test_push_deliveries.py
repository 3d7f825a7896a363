"""From an alert to a browser, over a real push service: once, retried, and to nobody wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import http_ece
import pytest

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import LanguageChoice, UserChange, Users
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.rules import Severity
from graphql_api.clock import HeldClock
from graphql_api.events.retention import Retention
from graphql_api.inventory.items import Item
from graphql_api.inventory.stock import StockLedger
from graphql_api.kernel.codec import WrittenByNewer
from graphql_api.notifications import push_deliveries, push_queue
from graphql_api.notifications import push_service as sending
from graphql_api.notifications.choices import Choices, NotificationChannel, WantedChoice
from graphql_api.notifications.facts import NotificationKind
from graphql_api.notifications.push import Push
from graphql_api.notifications.push_deliveries import (
    BACK_OFF_S,
    ONE_BY_ONE_MAX,
    PushDeliveries,
)
from graphql_api.notifications.push_messages import PAYLOAD_BYTES_MAX, TTL_S
from graphql_api.notifications.push_queue import LEASE_S
from graphql_api.services import Services
from graphql_api.texts.languages import Language
from tests.builders import batch, hide, line, make_item, move
from tests.conftest import OpenServices
from tests.notifications.people import ADA, BOB, SESSION_DAYS, VERA, add_people
from tests.notifications.push_world import Browser, PushService, push_service
from tests.patience import PATIENCE_S
from tests.streams import eventually


@pytest.fixture
async def pushing(clock: HeldClock) -> AsyncIterator[PushService]:
    """A push service that goes by the test's clock."""
    async with push_service(clock) as service:
        yield service


@pytest.fixture
async def deliveries(services: Services) -> AsyncIterator[PushDeliveries]:
    """A server's deliveries, which work when the test says so."""
    made = deliveries_of(services)
    yield made
    await made.close()


def deliveries_of(services: Services) -> PushDeliveries:
    return PushDeliveries(
        services.of(Push),
        services.database.reading,
        services.writer,
        services.log,
        services.hub,
        services.clock,
    )


async def subscribe(
    services: Services,
    pushing: PushService,
    viewer: Viewer,
    path: str = "201/a",
    severity: Severity = Severity.HIGH,
) -> Browser:
    browser = Browser(f"{pushing.origin}/{path}")
    await services.of(Push).register(browser.registration(viewer, severity))
    return browser


async def low_item(services: Services, sku: str = "SKU-1", stock: int = 0, **more: Any) -> Item:
    """LOW at 20, MEDIUM at 10, HIGH at 5, CRITICAL at 0."""
    return await make_item(services, sku, min_stock=20, initial_stock=stock, **more)


async def waiting(services: Services) -> int:
    row = await services.database.reading.row("SELECT count(*) FROM push_delivery")
    assert row is not None
    return int(row[0])


async def endpoints(services: Services, viewer: Viewer) -> list[str]:
    found = await services.of(Push).subscriptions(viewer)
    return [subscription.endpoint.split("/", 3)[3] for subscription in found]


async def test_an_alert_arrives_encrypted_and_signed_and_only_its_browser_can_read_it(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    bobs = await subscribe(services, pushing, BOB, "201/bob")
    adas = await subscribe(services, pushing, ADA, "201/ada")
    item = await low_item(services, name="Nägel 50 mm")
    await deliveries.work()
    row = await services.database.reading.row("SELECT id FROM alert")
    assert row is not None
    by_path = {received.path: received for received in pushing.received}
    assert by_path.keys() == {"/201/bob", "/201/ada"}
    received = by_path["/201/bob"]
    assert bobs.read(received) == {
        "title": "Out of stock: Nägel 50 mm (SKU-1)",
        "message": "Nägel 50 mm (SKU-1) is out of stock; its minimum is 20.",
        "severity": "CRITICAL",
        "alertId": str(row[0]),
        "itemId": str(item.id),
        "language": "en",
        "count": 1,
        "path": f"/items/{item.id}",
        "tag": f"alert-{row[0]}",
    }
    with pytest.raises(http_ece.ECEException):
        adas.read(received)
    assert adas.read(by_path["/201/ada"])["itemId"] == str(item.id)
    assert received.claims["key"] == await services.of(Push).public_key()
    assert received.headers["TTL"] == str(TTL_S)
    assert received.headers["Urgency"] == "high"
    assert received.headers["Topic"] == f"alert-{row[0]}"
    assert await waiting(services) == 0


async def test_a_push_is_in_the_language_of_its_receiver(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    """The account's counts, else the browser's, else English."""
    browsers = {}
    for viewer, path, browsers_own in (
        (ADA, "201/chosen", Language.FR),
        (BOB, "201/browser", Language.JA),
        (BOB, "201/neither", None),
    ):
        browser = Browser(f"{pushing.origin}/{path}")
        registration = replace(browser.registration(viewer), language=browsers_own)
        await services.of(Push).register(registration)
        browsers[f"/{path}"] = browser
    await services.of(Users).choose_language(LanguageChoice(ADA.user_id, Language.DE))
    await low_item(services, name="Nägel")
    await deliveries.work()
    shown = {}
    for one in pushing.received:
        told = browsers[one.path].read(one)
        shown[one.path] = (told["language"], told["title"], told["message"])
    assert shown == {
        "/201/chosen": (
            "de", "Ausverkauft: Nägel (SKU-1)", "Nägel (SKU-1) ist ausverkauft; Mindestbestand 20.",
        ),
        "/201/browser": (
            "ja", "在庫切れ: Nägel (SKU-1)", "Nägel (SKU-1) は在庫切れです。最低在庫は 20 です。",
        ),
        "/201/neither": (
            "en", "Out of stock: Nägel (SKU-1)",
            "Nägel (SKU-1) is out of stock; its minimum is 20.",
        ),
    }  # fmt: skip
    await services.of(Users).choose_language(LanguageChoice(ADA.user_id, None))
    pushing.received.clear()
    await low_item(services, "SKU-2", name="Haken")
    await low_item(services, "SKU-3", name="Ösen")
    await deliveries.work()
    told = next(browsers[r.path].read(r) for r in pushing.received if r.path == "/201/chosen")
    assert told["title"] == "2 articles sont en stock faible ou en rupture"
    assert told["message"].startswith("Critiques : 2. Rupture de stock : ")


async def test_only_alerts_at_or_above_the_chosen_severity_are_pushed(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    for severity in Severity:
        await subscribe(services, pushing, BOB, f"201/{severity.name}", severity)
    item = await low_item(services, stock=20)
    for stock, reached in ((20, 1), (10, 2), (5, 3), (0, 4)):
        pushing.tried.clear()
        row = await services.database.reading.row("SELECT stock FROM item WHERE id = ?", item.id)
        assert row is not None
        if stock != row[0]:
            await move(services, item, stock - row[0])
        await deliveries.work()
        names = {severity.name for severity in Severity if severity <= reached}
        assert {path.removeprefix("/201/") for path in pushing.tried} == names


async def test_of_the_browser_and_its_users_choice_the_stricter_counts(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await subscribe(services, pushing, BOB, "201/low", Severity.LOW)
    await subscribe(services, pushing, BOB, "201/critical", Severity.CRITICAL)
    await choose(services, min_severity=Severity.HIGH)
    item = await low_item(services, stock=10)
    for change, expected in ((0, set()), (-5, {"/201/low"}), (-5, {"/201/low", "/201/critical"})):
        pushing.tried.clear()
        if change:
            await move(services, item, change)
        await deliveries.work()
        assert set(pushing.tried) == expected


async def test_who_wants_no_pushes_gets_none_even_of_what_was_waiting(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await subscribe(services, pushing, BOB)
    await low_item(services)
    await deliveries._hand_over()
    assert await waiting(services) == 1
    await choose(services, channels=frozenset({NotificationChannel.LIST}))
    await deliveries.work()
    await low_item(services, "SKU-2")
    await deliveries.work()
    assert (pushing.received, await waiting(services)) == ([], 0)
    assert len(await endpoints(services, BOB)) == 1, "it may want them again"


async def choose(services: Services, **wanted: Any) -> None:
    given = {"channels": None} | wanted
    choice = WantedChoice(NotificationKind.ALERT, **given)
    await services.of(Choices).choose(BOB, [choice])


async def test_work_done_again_sends_nothing_again(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await subscribe(services, pushing, BOB)
    await low_item(services)
    for _ in range(3):
        await deliveries.work()
    assert pushing.tried == {"/201/a": 1}


async def test_a_browser_that_is_withdrawn_between_reading_and_claiming_holds_up_no_other(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    """Who had read it would have stored a delivery to nothing, and failed for ever."""
    gone = await subscribe(services, pushing, BOB, "201/gone")
    await subscribe(services, pushing, BOB, "201/stays")
    ids = [subscriber.id for subscriber in await deliveries._subscribers()]
    await services.of(Push).unregister(gone.endpoint, BOB)
    row = await services.database.reading.row("SELECT position FROM push_position")
    assert row is not None
    claim = push_queue.Claim(row[0], row[0] + 1, tuple((one, (5,)) for one in ids))
    assert await services.writer.submit(deliveries._claim, claim, 1)
    assert await waiting(services) == 1


async def test_of_several_processes_one_sends_each_push(
    open_again: OpenServices, pushing: PushService
) -> None:
    async with open_again() as one, open_again() as other:
        await add_people(one)
        await subscribe(one, pushing, BOB)
        both = [deliveries_of(services) for services in (one, other)]
        for number in range(ONE_BY_ONE_MAX):
            for services in (one, other):
                await low_item(services, f"SKU-{number}-{services is one}")
                await asyncio.gather(*(deliveries.work() for deliveries in both))
        topics = [received.headers["Topic"] for received in pushing.received]
        assert len(topics) == len(set(topics)) == 2 * ONE_BY_ONE_MAX
        for deliveries in both:
            await deliveries.close()


async def test_a_process_that_dies_while_it_sends_is_made_up_for_once_its_lease_ends(
    services: Services,
    deliveries: PushDeliveries,
    pushing: PushService,
    clock: HeldClock,
) -> None:
    browser = await subscribe(services, pushing, BOB)
    await low_item(services)
    await deliveries._hand_over()
    assert len(await deliveries._leased()) == 1  # and then the power goes
    survivor = deliveries_of(services)
    await survivor.work()
    assert pushing.received == [], "somebody may still be at it"
    clock.advance(LEASE_S + 1)
    await survivor.work()
    (received,) = pushing.received
    assert browser.read(received)["title"] == "Out of stock: Item SKU-1 (SKU-1)"
    await survivor.close()


async def test_an_alert_that_came_while_no_server_ran_is_sent_by_the_next_one(
    open_again: OpenServices, pushing: PushService
) -> None:
    async with open_again() as services:
        await add_people(services)
        await subscribe(services, pushing, BOB)
        await low_item(services)
    async with open_again() as services:
        deliveries = deliveries_of(services)
        await deliveries.work()
        await deliveries.close()
    assert len(pushing.received) == 1


async def test_what_was_before_anybody_listened_is_not_sent(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await low_item(services, "EARLY")
    await subscribe(services, pushing, BOB)
    await deliveries.work()
    assert pushing.received == []
    await services.of(Push).unregister(f"{pushing.origin}/201/a", BOB)
    await low_item(services, "MEANWHILE")
    browser = await subscribe(services, pushing, BOB)
    await low_item(services, "LATE")
    await deliveries.work()
    assert [browser.read(r)["title"] for r in pushing.received] == [
        "Out of stock: Item LATE (LATE)"
    ]


async def test_an_alert_of_many_hours_ago_is_no_news(
    services: Services, deliveries: PushDeliveries, pushing: PushService, clock: HeldClock
) -> None:
    await subscribe(services, pushing, BOB)
    await low_item(services)
    clock.advance(TTL_S + 1)
    await deliveries.work()
    assert pushing.received == []
    assert await waiting(services) == 0


@pytest.mark.parametrize("status", [404, 410])
async def test_a_dead_subscription_is_removed(
    services: Services, deliveries: PushDeliveries, pushing: PushService, status: int
) -> None:
    await subscribe(services, pushing, BOB, f"{status}/dead")
    await subscribe(services, pushing, BOB, "201/alive")
    await low_item(services)
    await deliveries.work()
    assert await endpoints(services, BOB) == ["201/alive"]
    assert await waiting(services) == 0
    await low_item(services, "SKU-2")
    await deliveries.work()
    assert pushing.tried == {f"/{status}/dead": 1, "/201/alive": 2}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_cannot_now_is_tried_again_later_and_not_for_ever(
    services: Services,
    deliveries: PushDeliveries,
    pushing: PushService,
    clock: HeldClock,
    status: int,
) -> None:
    await subscribe(services, pushing, BOB, f"{status}/a")
    await low_item(services)
    for tries, wait_s in enumerate(BACK_OFF_S, start=1):
        for _ in range(2):  # the second finds nothing due
            await deliveries.work()
            assert pushing.tried.total() == tries
        clock.advance(wait_s - 1)
        await deliveries.work()
        assert pushing.tried.total() == tries
        clock.advance(2)
    await deliveries.work()
    assert pushing.tried.total() == len(BACK_OFF_S) + 1
    assert await waiting(services) == 0
    assert await endpoints(services, BOB) == [f"{status}/a"], "it may be well tomorrow"


async def test_a_push_that_is_tried_again_arrives_as_things_are_then(
    services: Services, deliveries: PushDeliveries, pushing: PushService, clock: HeldClock
) -> None:
    browser = await subscribe(services, pushing, BOB)
    item = await low_item(services, stock=5)
    pushing.answers = [503]
    await deliveries.work()
    await move(services, item, -1)  # as bad as before: nothing new to push
    clock.advance(BACK_OFF_S[0] + 1)
    await deliveries.work()
    (received,) = pushing.received
    assert "is down to 4" in browser.read(received)["message"]


async def test_a_service_that_says_when_is_obeyed(
    services: Services, deliveries: PushDeliveries, pushing: PushService, clock: HeldClock
) -> None:
    for number, (told, wait_s) in enumerate(
        (("40", 40), ("Thu, 01 Jan 2026 00:10:40 GMT", 600), ("soon", BACK_OFF_S[0]))
    ):
        pushing.tried.clear()
        pushing.busy_for, pushing.answers = told, [429]
        await subscribe(services, pushing, BOB, f"201/{number}")
        await low_item(services, f"SKU-{number}")
        await deliveries.work()
        clock.advance(wait_s - 2)
        await deliveries.work()
        assert pushing.tried.total() == 1, told
        clock.advance(3)
        await deliveries.work()
        assert pushing.tried.total() == 2, told
        await services.of(Push).unregister(f"{pushing.origin}/201/{number}", BOB)


@pytest.mark.parametrize("status", [307, 400, 401, 403, 413])
async def test_a_message_that_is_refused_is_dropped(
    services: Services, deliveries: PushDeliveries, pushing: PushService, status: int
) -> None:
    await subscribe(services, pushing, BOB, f"{status}/a")
    await low_item(services)
    await deliveries.work()
    assert pushing.tried == {f"/{status}/a": 1}
    assert await waiting(services) == 0
    assert await endpoints(services, BOB) == [f"{status}/a"]


async def test_a_service_that_never_answers_delays_nobody_for_long(
    services: Services,
    deliveries: PushDeliveries,
    pushing: PushService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits: list[asyncio.Timeout] = []

    @asynccontextmanager
    async def limit(seconds: float) -> AsyncIterator[None]:
        assert seconds == sending.SEND_TIMEOUT_S
        async with asyncio.timeout(PATIENCE_S) as running:
            limits.append(running)
            yield
        limits.remove(running)

    held = SimpleNamespace(timeout=limit, to_thread=asyncio.to_thread)
    monkeypatch.setattr(sending, "asyncio", held)
    for number in range(3):
        await subscribe(services, pushing, BOB, f"hang/{number}")
    await subscribe(services, pushing, BOB, "201/well")
    await low_item(services)
    working = asyncio.create_task(deliveries.work())
    # What the service has received may still be on its way back: it has ended when its limit has.
    await eventually(lambda: pushing.tried.total() == 4 and len(limits) == 3)
    assert not working.done(), "the others hang"
    for one in limits:  # their time is over: when, this test says
        one.reschedule(0.0)
    await asyncio.wait_for(working, PATIENCE_S)
    assert await waiting(services) == 3, "tried again later"


async def test_a_service_that_is_not_there_is_tried_again(
    services: Services, deliveries: PushDeliveries, pushing: PushService, clock: HeldClock
) -> None:
    async with push_service(clock) as gone:
        await subscribe(services, gone, BOB)
    await low_item(services)
    await deliveries.work()
    assert await waiting(services) == 1


async def test_who_may_not_see_an_item_any_more_gets_no_push_of_it(
    services: Services, deliveries: PushDeliveries, pushing: PushService, clock: HeldClock
) -> None:
    adas = await subscribe(services, pushing, ADA, "201/ada")
    await subscribe(services, pushing, BOB, "201/bob")
    item = await low_item(services)
    pushing.answers = [503, 503]
    await deliveries.work()
    await hide(services, item)
    clock.advance(BACK_OFF_S[0] + 1)
    await deliveries.work()
    assert [adas.read(received)["itemId"] for received in pushing.received] == [str(item.id)]
    await low_item(services, "SECRET", admins_only=1)
    await services.of(Users).change(UserChange(BOB.user_id, role=Role.ADMIN))
    await deliveries.work()
    assert {r.path for r in pushing.received[1:]} == {"/201/ada", "/201/bob"}, "the role of now"


async def test_a_role_that_was_taken_away_meanwhile_counts(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await services.of(Users).change(UserChange(BOB.user_id, role=Role.ADMIN))
    await subscribe(services, pushing, BOB)
    await low_item(services, "SECRET", admins_only=1)
    await deliveries._hand_over()
    await services.of(Users).change(UserChange(BOB.user_id, role=Role.USER))
    await deliveries.work()
    assert pushing.received == []
    assert await waiting(services) == 0


@pytest.mark.parametrize("end", ["logout", "expiry", "deactivation"])
async def test_a_session_that_has_ended_gets_nothing_even_of_what_was_waiting(
    services: Services,
    deliveries: PushDeliveries,
    pushing: PushService,
    clock: HeldClock,
    end: str,
) -> None:
    await subscribe(services, pushing, BOB)
    await services.database.writing.change(
        "UPDATE session SET expires_at = ? WHERE id = ?", clock.now_us() + 10**6, BOB.session_id
    )
    await low_item(services)
    await deliveries._hand_over()
    match end:
        case "logout":
            await services.of(Sessions).log_out(BOB.session_id)
        case "expiry":
            clock.advance(2)
        case "deactivation":
            await services.of(Users).change(UserChange(BOB.user_id, active=False))
    await deliveries.work()
    assert pushing.tried == {}
    assert await endpoints(services, BOB) == []
    assert await waiting(services) == 0


async def test_an_alert_that_is_over_or_taken_care_of_is_not_pushed(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await subscribe(services, pushing, BOB)
    item = await low_item(services)
    await low_item(services, "SKU-2")
    await deliveries._hand_over()
    await move(services, item, 100)
    row = await services.database.reading.row("SELECT id FROM alert WHERE status = 'OPEN'")
    assert row is not None
    await services.of(Alerts).acknowledge(row[0], ADA.user_id, True)
    await deliveries.work()
    assert pushing.tried == {}
    assert await waiting(services) == 0


async def test_many_alerts_at_once_are_one_push(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    browser = await subscribe(services, pushing, VERA)
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(40)]
    await low_item(services, "SECRET", admins_only=1)
    lines = [line(item, -30 if number < 5 else -26) for number, item in enumerate(items)]
    await services.of(StockLedger).carry_out(batch(*lines))
    assert await deliveries.work()
    (received,) = pushing.received
    payload = browser.read(received)
    assert payload["title"] == "40 items are low or out of stock"
    assert payload["message"].startswith("5 CRITICAL, 35 HIGH. Out of stock: Item SKU-")
    assert (payload["alertId"], payload["itemId"], payload["count"]) == (None, None, 40)
    assert (payload["tag"], payload["path"]) == ("alerts", "/alerts")


async def test_the_longest_names_fit_into_one_push(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    browser = await subscribe(services, pushing, BOB)
    await low_item(services, name="𝔫" * 200)
    await deliveries.work()
    (received,) = pushing.received
    assert browser.read(received)["title"].endswith("𝔫" * 79 + "… (SKU-1)")
    assert len(received.body) <= PAYLOAD_BYTES_MAX


async def test_retention_of_events_hinders_nobody(
    services: Services, deliveries: PushDeliveries, pushing: PushService, clock: HeldClock
) -> None:
    await subscribe(services, pushing, BOB)
    await low_item(services)
    clock.advance((SESSION_DAYS - 1) * 86_400)
    await Retention(services.writer, clock, 1).run()
    await low_item(services, "SKU-2")
    await deliveries.work()
    assert len(pushing.received) == 1


async def test_a_running_server_pushes_by_itself_and_stops_with_messages_under_way(
    open_again: OpenServices, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_deliveries, "GATHER_S", 0.01)
    monkeypatch.setattr(push_deliveries, "CLOSE_S", 0.05)
    async with push_service(clock) as pushing, open_again() as services:
        await add_people(services)
        deliveries = deliveries_of(services)
        deliveries.start()
        await subscribe(services, pushing, BOB)
        await low_item(services)
        await eventually(lambda: len(pushing.received) == 1)
        await services.of(Push).unregister(f"{pushing.origin}/201/a", BOB)
        await subscribe(services, pushing, BOB, "hang/a")
        await low_item(services, "SKU-2")
        await eventually(lambda: pushing.tried["/hang/a"] == 1)
        async with asyncio.timeout(PATIENCE_S):
            await deliveries.close()
        assert await waiting(services) == 1, "for whoever runs next"


async def test_the_database_being_away_is_survived(
    open_again: OpenServices, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_deliveries, "GATHER_S", 0.01)
    monkeypatch.setattr(push_deliveries, "LOOK_AGAIN_S", 0.02)
    async with push_service(clock) as pushing, open_again() as services:
        await add_people(services)
        await subscribe(services, pushing, BOB)
        deliveries = deliveries_of(services)
        work, faults = deliveries.work, [OSError("away"), OSError("away")]

        async def sometimes() -> bool:
            if faults:
                raise faults.pop()
            return await work()

        monkeypatch.setattr(deliveries, "work", sometimes)
        deliveries.start()
        await low_item(services)
        await eventually(lambda: len(pushing.received) == 1)
        await deliveries.close()


async def _damage_alert(services: Services, sku: str, text: str) -> None:
    changed = await services.database.writing.change(
        "UPDATE event SET payload = ? WHERE topic = 'alerts' AND subject = "
        "(SELECT id FROM item WHERE sku = ?)",
        text,
        sku,
    )
    assert changed == 1


async def test_an_alert_that_nobody_can_read_holds_up_no_other(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await subscribe(services, pushing, BOB)
    await low_item(services, "A")
    await low_item(services, "B")
    await _damage_alert(services, "A", "{")
    await deliveries.work()
    assert len(pushing.received) == 1


async def test_an_alert_of_a_newer_version_is_left_to_the_servers_that_can_read_it(
    services: Services, deliveries: PushDeliveries, pushing: PushService
) -> None:
    await subscribe(services, pushing, BOB)
    await low_item(services, "A")
    row = await services.database.reading.row("SELECT payload FROM event WHERE topic = 'alerts'")
    assert row is not None
    await _damage_alert(services, "A", 'v7 {"newer": true}')
    with pytest.raises(WrittenByNewer):
        await deliveries.work()
    await _damage_alert(services, "A", row[0])  # as a server of that version reads it
    await deliveries.work()
    assert len(pushing.received) == 1
