"""Every kind of command that the writer is given, on a database with something of each kind.

Used to show that a fault leaves the same behind as none: two databases that were given the same
commands are the same in every row but for what is drawn at random.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from tortoise.models import Model

from graphql_api.accounts.retention import RefreshTokenRetention, SessionRetention
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import LanguageChoice, NewUser, UserChange, Users
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.rules import Severity
from graphql_api.attachments.attachments import Attachments
from graphql_api.attachments.commands import (
    AddAttachment,
    DeleteAttachment,
    MoveAttachment,
    NewFile,
    RenameAttachment,
)
from graphql_api.attachments.stores import FolderStore
from graphql_api.attachments.sweeping import Sweep
from graphql_api.clock import HOUR_US, HeldClock
from graphql_api.database.database import MODEL_MODULES
from graphql_api.events.retention import Retention, Trimming
from graphql_api.files.tables import Table
from graphql_api.holds.holds import Holds, PlaceHold
from graphql_api.holds.retention import HoldRetention
from graphql_api.imports.facts import RowCounts
from graphql_api.imports.file_imports import FileImports, ImportStatus, TellImport
from graphql_api.imports.items import ImportOptions
from graphql_api.imports.mappings import ImportMappings, RenameMapping, SaveMapping
from graphql_api.imports.starting import ITEMS, StartImport, Wanted
from graphql_api.imports.stock import StockImports, StockOptions
from graphql_api.imports.stock_tables import StockMode, stock_table
from graphql_api.imports.undo import Undo, UndoImport
from graphql_api.inventory.items import Item, ItemArchival, ItemRestoration, Items
from graphql_api.inventory.locations import LocationChange, LocationMove, Locations
from graphql_api.inventory.minimums import LocationMinimum, Minimums
from graphql_api.inventory.older_movements import OlderMovements
from graphql_api.inventory.older_servers import OlderServers
from graphql_api.inventory.reversals import Reversals, ReverseMovement
from graphql_api.inventory.stock import CountLine, StockLedger
from graphql_api.notifications.choices import Choices, NotificationChannel, WantedChoice
from graphql_api.notifications.facts import NotificationKind
from graphql_api.notifications.notifications import Message, Notifications, NotificationType
from graphql_api.notifications.push import Push
from graphql_api.notifications.push_deliveries import PushDeliveries
from graphql_api.notifications.push_queue import Settled
from graphql_api.notifications.retention import NotificationRetention
from graphql_api.notifications.sending import Notice
from graphql_api.notifications.server_runs import ServerRuns
from graphql_api.operations.broadcast import BroadcastKind, Broadcasts
from graphql_api.operations.scheduler import Job, Scheduler
from graphql_api.presence.live import LivePresence
from graphql_api.process import imports_of
from graphql_api.services import Services
from graphql_api.texts.languages import Language
from tests.builders import (
    MAIN,
    adjust,
    batch,
    change,
    count_batch,
    line,
    make_item,
    make_location,
    new_item,
    ref,
    removal,
    set_stock,
    transfer,
)
from tests.holds.making import consume, done, extend, place, release, units
from tests.notifications.people import ADA, BOB, VERA, add_people
from tests.notifications.push_world import Browser
from tests.streams import eventually

RANDOM = {
    "epoch",
    "marks",
    "secret",
    "token_hash",
    "parent_hash",
    "password_hash",
    "value",
    "host",
    "pid",
}
# Ids that a new epoch leaves out: more of them when it took two goes.
FORGONE = {"log_head": {"last_id"}}
# By a sequence, which a rollback does not turn back.
NUMBERED = {"item_term": {"id"}, "movement_term": {"id"}}
# The same ones in each world. Nothing is sent there.
BROWSER, OTHER_BROWSER = (Browser(f"https://push.example.com/{name}") for name in "ab")
EMAIL, PASSWORD = "carol@example.com", "a password of tests"
SHA256 = "5e" * 32  # of a file whose bytes nobody has


@dataclass(slots=True)
class World:
    """Services on a database, and what the commands speak of."""

    services: Services
    items: dict[str, Item] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    async def prepare(self) -> World:
        services = self.services
        await add_people(services)
        for name in ("change", "remove", "stock", "alert", "snooze", "resolve", "lease"):
            self.items[name] = await make_item(services, name)
        await services.of(Items).change(change(self.items["alert"], minStock=20))
        await services.of(Items).change(change(self.items["snooze"], minStock=20))
        await services.of(Items).change(change(self.items["resolve"], minStock=20))
        older = await make_item(services, "older", barcode="999")
        await services.database.writing.change(
            "DELETE FROM item_barcode WHERE item_id = ?", older.id
        )
        await services.database.writing.change(
            "DELETE FROM movement_term WHERE movement_id IN "
            "(SELECT id FROM movement WHERE item_id = ?)",
            older.id,
        )
        self.made["shop"] = await make_location(services)
        self.made["note"] = await services.of(Notifications).send(_message("first"))
        self.made["user"] = await services.of(Users).create(
            NewUser(EMAIL, "Carol", PASSWORD, Role.USER)
        )
        self.made["session"] = await services.of(Sessions).log_in(EMAIL, PASSWORD)
        self.made["other session"] = await services.of(Sessions).log_in(EMAIL, PASSWORD)
        self.made["lease"] = await services.of(LivePresence).take_lease(BOB, self.items["lease"].id)
        return self

    async def alert_of(self, name: str) -> int:
        row = await self.services.database.reading.row(
            "SELECT id FROM alert WHERE live_item_id = ?", self.items[name].id
        )
        assert row is not None
        return int(row[0])

    async def rows(self) -> dict[str, list[Any]]:
        """Table → its rows, without what is drawn at random."""
        dump: dict[str, list[Any]] = {}
        for table in sorted(_tables()):
            rows = await self.services.database.reading.rows(f"SELECT * FROM {table}")
            left_out = RANDOM | NUMBERED.get(table, set()) | FORGONE.get(table, set())
            dump[table] = sorted(
                repr([(k, v) for k, v in dict(row).items() if k not in left_out]) for row in rows
            )
        return dump


def _tables() -> set[str]:
    models = (model for module in MODEL_MODULES for model in vars(import_module(module)).values())
    return {
        model._meta.db_table
        for model in models
        if isinstance(model, type) and issubclass(model, Model) and model is not Model
    }


def _message(title: str) -> Message:
    return Message(NotificationType.INFO, title, "words", user_id=BOB.user_id)


Act = Callable[[World], Awaitable[Any]]


async def _import(world: World) -> None:
    table = Table(io.BytesIO(b"sku,name\nnew-1,One\nnew-2,Two\nstock,Changed\n"), "utf-8", {})
    async for _ in imports_of(world.services).run(table):
        pass


async def _upload(world: World) -> None:
    imports, content = world.services.of(FileImports), b"sku,name\nup-1,Up\n"
    import_id = await imports.begin("goods.csv", ADA.user_id)
    await imports.put(import_id, 0, content)
    await imports.close(import_id, len(content))
    world.made["upload"] = import_id


async def _start_import(world: World) -> None:
    wanted = Wanted(kind=ITEMS)
    command = StartImport("l", world.made["upload"], wanted, "a runner", ADA.user_id)
    await world.services.of(FileImports).start(command)


async def _save_mapping(world: World) -> None:
    command = SaveMapping(
        world.made["upload"], "A supplier", Wanted(kind=ITEMS), False, ADA.user_id
    )
    mapping = await world.services.of(ImportMappings).save(command)
    world.made["mapping"] = mapping.id


async def _tell_of_import(world: World) -> None:
    told = TellImport(
        world.made["upload"], "a runner", ImportStatus.RUNNING, RowCounts(created=1), 9, (), []
    )
    assert await world.services.of(FileImports).tell(told)


async def _import_that_is_taken_back(world: World) -> None:
    world.made["import"] = await world.services.of(FileImports).begin_command(ITEMS, "items.csv")
    table = Table(io.BytesIO(b"sku,name\nback-1,One\nstock,Once more\n"), "utf-8", {})
    options = ImportOptions(import_id=world.made["import"])
    async for _ in imports_of(world.services).run(table, options):
        pass


async def _import_stock(world: World) -> None:
    file = stock_table(io.BytesIO(b"sku,quantity\nstock,6\n"), "utf-8", {}, ())
    imports = StockImports(
        world.services.writer, world.services.of(Locations), world.services.scanning
    )
    async for _ in imports.run(file, StockOptions(StockMode.ADD, MAIN)):
        pass


async def _refresh(world: World) -> None:
    signed_in = await world.services.of(Sessions).refresh(world.made["session"].refresh_token)
    world.made["session"] = signed_in


async def _run_a_job(world: World) -> None:
    async def work() -> None:
        pass

    scheduler = Scheduler(world.services.writer, world.services.clock, [])
    assert await scheduler.run(Job("a job", 5, work))


def _trim(kind: type[Trimming]) -> Act:
    """Delete all that is older than tomorrow: all that there is."""

    async def act(world: World) -> None:
        assert await kind(world.services.writer, world.services.clock, -1).run()

    return act


async def _change_password(world: World) -> None:
    viewer = Viewer(world.made["user"].id, world.made["session"].session_id, Role.USER, 0)
    await world.services.of(Sessions).change_password(viewer, PASSWORD, "another one of tests")


async def _make_what_is_pushed(world: World) -> None:
    made = await world.services.of(Items).create(new_item("pushed", min_stock=50))
    world.items["pushed"] = made.item


async def _hand_over(world: World) -> None:
    services = world.services
    world.made["deliveries"] = PushDeliveries(
        services.of(Push),
        services.database.scanning,
        services.writer,
        services.log,
        services.hub,
        services.clock,
    )
    await world.made["deliveries"]._hand_over()


async def _lease(world: World) -> None:
    world.made["leased"] = await world.made["deliveries"]._leased()
    assert len(world.made["leased"]) == 1


async def _push_later(world: World) -> None:
    (delivery,) = world.made["leased"]
    later = ((delivery.id, world.services.clock.now_us()),)
    await _settle(world, Settled((), later, ()))


async def _browser_is_gone(world: World) -> None:
    (delivery,) = world.made["leased"]
    await _settle(world, Settled((), (), (delivery.subscription_id,)))


async def _settle(world: World, command: Settled) -> None:
    await world.services.writer.submit(world.made["deliveries"]._settle, command)


async def _acknowledge_what_is_pushed(world: World) -> None:
    await world.services.of(Alerts).acknowledge(await world.alert_of("pushed"), ADA.user_id, True)


async def _not_wanted_any_more(world: World) -> None:
    await world.made["deliveries"]._send_all(world.made["leased"])
    await world.made["deliveries"].close()


async def _new_epoch(world: World) -> None:
    hub = world.services.hub
    await hub.renew(hub.head.epoch)
    await eventually(lambda: not hub.is_in_doubt)


async def _take_lease(world: World) -> None:
    await world.services.of(LivePresence).take_lease(ADA, world.items["alert"].id)


async def _give_lease_back(world: World) -> None:
    lease = world.made["lease"]
    await world.services.of(LivePresence).release_lease(BOB, lease.item_id, lease.token)


async def _begin_and_end_a_run(world: World) -> None:
    runs = ServerRuns(world.services.writer)
    await runs.start()
    world.made["runs"] = runs


async def _make_a_user(world: World) -> None:
    await world.services.of(Users).create(
        NewUser("dora@example.com", "Dora", PASSWORD, Role.VIEWER)
    )


async def _hold(world: World, command: PlaceHold) -> None:
    world.made["hold"] = (await done(world.services, command)).hold


async def _acknowledge(world: World) -> None:
    await world.services.of(Alerts).acknowledge(await world.alert_of("alert"), ADA.user_id, True)


async def _silence_many(world: World) -> None:
    ids = [await world.alert_of(name) for name in ("snooze", "resolve")]
    result = await world.services.of(Alerts).acknowledge_many(ids, ADA.user_id, True)
    assert len(result.alerts) == len(ids)


async def _make_room(world: World) -> None:
    new = NewFile(SHA256, SHA256, "application/pdf", 5, 5, None, None)
    world.made["file"] = await world.services.of(Attachments).make_room(new)


async def _attach(world: World) -> None:
    item_id, file_id = world.items["change"].id, world.made["file"]
    command = AddAttachment("m", item_id, "a.pdf", SHA256, file_id, ADA.user_id, True)
    result = await world.services.of(Attachments).add(command)
    world.made["attachment"] = result.attachment.id


async def _sweep(world: World) -> None:
    later = HeldClock(world.services.clock.now_us() + 2 * HOUR_US)
    nowhere = FolderStore(Path(gettempdir(), "no-attachments-are-here"))
    assert await Sweep(world.services.writer, later, nowhere).run() == 1


async def _take_back(world: World) -> None:
    row = await world.services.database.reading.row(
        "SELECT max(id) FROM movement WHERE item_id = ? AND action_type = 'CORRECTION'",
        world.items["stock"].id,
    )
    assert row is not None
    command = ReverseMovement("k", row[0], "by mistake", ADA.user_id, True, None)
    await world.services.of(Reversals).reverse(command)


async def _choose(world: World) -> None:
    wanted = WantedChoice(NotificationKind.ALERT, frozenset(NotificationChannel), Severity.HIGH)
    await world.services.of(Choices).choose(ADA, [wanted])


async def _snooze(world: World) -> None:
    until_us = world.services.clock.now_us() + HOUR_US
    await world.services.of(Alerts).snooze(
        await world.alert_of("snooze"), until_us, ADA.user_id, True
    )


async def _yard(world: World) -> LocationMove:
    yard = await world.services.of(Locations).by_code("YARD")
    assert yard is not None
    return LocationMove(yard.id, ADA.user_id)


async def _archive(world: World) -> None:
    await world.services.of(Locations).archive(await _yard(world))


async def _restore(world: World) -> None:
    await world.services.of(Locations).restore(await _yard(world))


async def _resolve(world: World) -> None:
    await world.services.of(Alerts).resolve(await world.alert_of("resolve"), ADA.user_id, True)


# In this order; each is applied once, whatever happens.
COMMANDS: dict[str, Act] = {
    "createItem": lambda w: w.services.of(Items).create(new_item("made", barcode="123")),
    "createItem, low": lambda w: w.services.of(Items).create(new_item("low", min_stock=50)),
    "updateItem": lambda w: w.services.of(Items).change(change(w.items["change"], name="other")),
    "updateItem, expectedVersion": lambda w: w.services.of(Items).change(
        change(w.items["change"], w.items["change"].version + 1, minStock=3)
    ),
    "deleteItem": lambda w: w.services.of(Items).remove(removal(w.items["remove"])),
    "what an older server left out": lambda w: OlderServers(
        w.services.scanning, w.services.writer, w.services.clock
    ).run(),
    "words that an older server left out": lambda w: OlderMovements(
        w.services.scanning, w.services.writer, w.services.clock
    ).run(),
    "createLocation": lambda w: make_location(w.services, "YARD"),
    "updateLocation": lambda w: w.services.of(Locations).change(
        LocationChange(w.made["shop"].id, {"name": "The shop", "parentId": MAIN})
    ),
    "setLocationMinimum": lambda w: w.services.of(Minimums).set(
        LocationMinimum(ref(w.items["stock"]), w.made["shop"].id, 3, ADA.user_id, True)
    ),
    "archiveLocation": _archive,
    "restoreLocation": _restore,
    "adjustStock": lambda w: w.services.of(StockLedger).carry_out(
        adjust(w.items["stock"], 1, key="a")
    ),
    "adjustStockBatch": lambda w: w.services.of(StockLedger).carry_out(
        batch(line(w.items["stock"], 2), line(w.items["change"], 3), key="b")
    ),
    "setStock": lambda w: w.services.of(StockLedger).carry_out(
        set_stock(w.items["stock"], 20, 13, key="c")
    ),
    "setStockBatch": lambda w: w.services.of(StockLedger).carry_out(
        count_batch(CountLine(ref(w.items["stock"]), 21, 20), key="c2")
    ),
    "transferStock": lambda w: w.services.of(StockLedger).carry_out(
        transfer(w.items["stock"], 4, MAIN, w.made["shop"].id, key="d")
    ),
    "reverseMovement": _take_back,
    "archiveItem": lambda w: w.services.of(Items).archive(
        ItemArchival(w.items["change"].id, None, ADA.user_id, True)
    ),
    "restoreItem": lambda w: w.services.of(Items).restore(
        ItemRestoration(w.items["change"].id, {}, ADA.user_id, True)
    ),
    "placeHold": lambda w: _hold(
        w, place(units(w.items["lease"], 3), units(w.items["stock"], 1), key="g")
    ),
    "extendHold": lambda w: done(w.services, extend(w.made["hold"], 3_600)),
    "consumeHold": lambda w: done(w.services, consume(w.made["hold"], key="h")),
    "placeHold, another": lambda w: _hold(w, place(units(w.items["lease"], 2), key="i")),
    "releaseHold": lambda w: done(w.services, release(w.made["hold"])),
    "expire holds": lambda w: w.services.of(Holds).expire_due(),
    "placeHold, and it stays": lambda w: _hold(w, place(units(w.items["stock"], 2), key="j")),
    "import": _import,
    "an upload": _upload,
    "saveImportMapping": _save_mapping,
    "renameImportMapping": lambda w: w.services.of(ImportMappings).rename(
        RenameMapping(w.made["mapping"], "Another name")
    ),
    "deleteImportMapping": lambda w: w.services.of(ImportMappings).delete(w.made["mapping"]),
    "startImport": _start_import,
    "an import is told of": _tell_of_import,
    "cancelImport": lambda w: w.services.of(FileImports).cancel(w.made["upload"]),
    "an import to be taken back": _import_that_is_taken_back,
    "undoImport": lambda w: w.services.of(Undo).undo(UndoImport(w.made["import"], ADA.user_id)),
    "import-stock": _import_stock,
    "tidy imports": lambda w: w.services.of(FileImports).clean(),
    "updateItems": lambda w: w.services.of(Items).change_many(
        [change(w.items["change"], name="one of many")]
    ),
    "archiveItems": lambda w: w.services.of(Items).archive_many(
        [ItemArchival(w.items["change"].id, None, ADA.user_id, True)]
    ),
    "room for a file": _make_room,
    "an attachment": _attach,
    "renameAttachment": lambda w: w.services.of(Attachments).rename(
        RenameAttachment(w.made["attachment"], ADA.user_id, True, "b.pdf")
    ),
    "moveAttachment": lambda w: w.services.of(Attachments).move(
        MoveAttachment(w.made["attachment"], ADA.user_id, True, 0)
    ),
    "deleteAttachment": lambda w: w.services.of(Attachments).delete(
        DeleteAttachment(w.made["attachment"], ADA.user_id, True)
    ),
    "files that nobody uses": _sweep,
    "acknowledgeAlert": _acknowledge,
    "acknowledgeAlerts": _silence_many,
    "updateNotificationPreferences": _choose,
    "snoozeAlert": _snooze,
    "resolveAlert": _resolve,
    "checkAlerts": lambda w: w.services.of(Alerts).check(),
    "wake up alerts": lambda w: w.services.of(Alerts).wake_up(24),
    "sendNotification": lambda w: w.services.of(Notifications).send(_message("second")),
    "announce": lambda w: w.services.of(Notifications).announce(
        Notice(NotificationType.INFO, "third", "words", user_id=BOB.user_id)
    ),
    "markNotificationRead": lambda w: w.services.of(Notifications).mark_read(
        w.made["note"].id, BOB
    ),
    "markAllNotificationsRead": lambda w: w.services.of(Notifications).mark_all_read(BOB),
    "login": lambda w: w.services.of(Sessions).log_in(EMAIL, PASSWORD),
    "refreshSession": _refresh,
    "refreshSession again": _refresh,
    "retention of refresh tokens": _trim(RefreshTokenRetention),
    "endSession": lambda w: w.services.of(Sessions).end(w.made["other session"].session_id, None),
    "changePassword": _change_password,
    "logout": lambda w: w.services.of(Sessions).log_out(w.made["session"].session_id),
    "endSessions": lambda w: w.services.of(Users).end_sessions(w.made["user"].id),
    "createUser": _make_a_user,
    "setLanguage": lambda w: w.services.of(Users).choose_language(
        LanguageChoice(VERA.user_id, Language.JA)
    ),
    "updateUser": lambda w: w.services.of(Users).change(UserChange(VERA.user_id, role=Role.USER)),
    "updateUser, password": lambda w: w.services.of(Users).change(
        UserChange(VERA.user_id, password="another one of tests")  # of nobody
    ),
    "takeEditLease": _take_lease,
    "releaseEditLease": _give_lease_back,
    "registerPush": lambda w: w.services.of(Push).register(BROWSER.registration(ADA)),
    "unregisterPush": lambda w: w.services.of(Push).unregister(BROWSER.endpoint, ADA),
    "tidy push": lambda w: w.services.of(Push).tidy(),
    "testBroadcast": lambda w: w.services.of(Broadcasts).send(BroadcastKind.ALERT, ADA.user_id),
    "a scheduled job": _run_a_job,
    "the push key": lambda w: w.services.of(Push).public_key(),
    "registerPush, another": lambda w: w.services.of(Push).register(
        OTHER_BROWSER.registration(ADA)
    ),
    "createItem, for a push": _make_what_is_pushed,
    "a push is handed over": _hand_over,
    "a push is leased": _lease,
    "a push is put off": _push_later,
    "a push is leased again": _lease,
    "acknowledgeAlert, of a push": _acknowledge_what_is_pushed,
    "a push is not wanted any more": _not_wanted_any_more,
    "a browser is gone": _browser_is_gone,
    "a server's sign of life": _begin_and_end_a_run,
    "a server's end": lambda w: w.made["runs"].stop(),
    "retention of holds": _trim(HoldRetention),
    "retention of sessions": _trim(SessionRetention),
    "retention of notifications": _trim(NotificationRetention),
    "retention of events": _trim(Retention),
    "a new epoch": _new_epoch,
}
