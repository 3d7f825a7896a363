"""What the server tells of itself: imports that end, jobs that fail, servers that were killed."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from graphql_api import cli
from graphql_api.accounts.roles import Viewer
from graphql_api.clock import HeldClock
from graphql_api.files.tables import Table
from graphql_api.imports import items as imports
from graphql_api.imports.items import ImportCounts, ImportEnd, ImportOptions, ImportStopped
from graphql_api.imports.stock import StockOptions
from graphql_api.imports.stock_tables import StockMode, stock_table
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.minimums import LocationMinimum, Minimums
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.import_notices import ImportNotices
from graphql_api.notifications.job_watch import JobWatch
from graphql_api.notifications.notices import import_ended
from graphql_api.notifications.notifications import Notifications
from graphql_api.notifications.sending import Notification
from graphql_api.notifications.server_runs import SILENT_MAX_S, ServerRuns
from graphql_api.operations.scheduler import Job, Scheduler
from graphql_api.process import imports_of, jobs, stock_imports_of
from graphql_api.services import Services
from tests.builders import MAIN, USER_ID, hide, make_item, make_location, ref, transfer
from tests.notifications.people import ADA, BOB, VERA

GOOD = "sku,name\nA,One\nB,Two\n"
ONE_BAD = "sku,name,price\nA,One,\nB,Two,x\n"


async def told(services: Services, viewer: Viewer) -> list[Notification]:
    page = await services.of(Notifications).page(viewer, False, 50, None)
    return [n for n in page[::-1] if not (n.data or {}).get("kind", "").startswith("ALERT")]


async def run_import(services: Services, text: str, **options: Any) -> None:
    table = Table(io.BytesIO(text.encode()), "utf-8", {})
    async for _ in imports_of(services).run(table, ImportOptions(name="spring.csv", **options)):
        pass


async def test_an_import_that_ends_is_told_with_its_counts(services: Services) -> None:
    await run_import(services, GOOD)
    await run_import(services, ONE_BAD)
    done, partly = await told(services, BOB)
    assert (done.type.value, done.title) == ("SUCCESS", "Import ended: spring.csv")
    assert done.data == {
        "kind": "IMPORT", "name": "spring.csv", "created": 2, "updated": 0, "unchanged": 0,
        "bad": 0, "path": "/items", "outcome": {"how": "ENDED"},
    }  # fmt: skip
    assert partly.type.value == "WARNING"
    assert (partly.data["unchanged"], partly.data["bad"]) == (1, 1)
    assert partly.message == "0 items created, 0 updated, 1 unchanged, 1 row left out."
    assert [n.id for n in await told(services, ADA)] == [done.id, partly.id]
    assert await told(services, VERA) == []


async def test_an_import_is_one_notification_with_the_alerts_that_it_raised(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import of 20,000 was 545 notifications: one for each command and more."""
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 5)
    rows = "".join(f"S{n},Item {n},20,{n % 4 * 2}\n" for n in range(60))
    hidden = "H,Secret,20,0,ADMINS\n"
    header = "sku,name,minStock,initialStock"
    await run_import(services, f"{header}\n{rows}")
    (done,) = await services.of(Notifications).page(BOB, False, 50, None)
    assert done.type.value == "WARNING"
    assert done.data["alerts"] == {
        "count": 45,
        "bySeverity": {"CRITICAL": 15, "HIGH": 30},
        "named": ["Item 0", "Item 4", "Item 8"],
        "more": 42,
    }
    assert done.message == (
        "60 items created, 0 updated, 0 unchanged, 0 rows left out. 45 items are low or out of "
        "stock: 15 CRITICAL, 30 HIGH: Item 0 (S0), Item 4 (S4), Item 8 (S8) and 42 more."
    )
    await run_import(services, f"{header},visibility\n{hidden}")
    told_bob = await services.of(Notifications).page(BOB, False, 50, None)
    assert "alerts" not in told_bob[0].data
    assert "Secret" not in told_bob[0].message
    first, second = (await services.of(Notifications).page(ADA, False, 50, None))[:2]
    assert first.title == "Out of stock: Secret (H)"
    assert second.id == told_bob[0].id


async def test_an_import_of_stock_tells_the_alerts_of_places_too(services: Services) -> None:
    """An alert of a place has a key of its own: the end of an import did not find it."""
    shop = await make_location(services)
    item = await make_item(services, "A", initial_stock=30)
    hidden = await make_item(services, "H", initial_stock=30)
    await hide(services, hidden)
    for one in (item, hidden):
        await services.of(StockLedger).carry_out(transfer(one, 10, MAIN, shop.id))
        minimum = LocationMinimum(ref(one), shop.id, 8, USER_ID, sees_admins=True)
        await services.of(Minimums).set(minimum)
    everywhere = await services.of(Locations).all()
    text = "sku,location,quantity\nA,SHOP,0\nH,SHOP,0\n"
    table = stock_table(io.BytesIO(text.encode()), "utf-8", {}, everywhere, False)
    options = StockOptions(StockMode.COUNT, name="count.csv")
    async for _ in stock_imports_of(services).run(table, options):
        pass
    (done,) = await services.of(Notifications).page(BOB, False, 50, None)
    assert (done.type.value, done.data["kind"]) == ("WARNING", "IMPORT")
    assert done.data["alerts"] == {
        "count": 1, "bySeverity": {"CRITICAL": 1}, "named": ["Item A"], "more": 0,
    }  # fmt: skip
    assert "1 item is low or out of stock: 1 CRITICAL: Item A (A)." in done.message
    secret, same = await services.of(Notifications).page(ADA, False, 50, None)
    assert secret.title == "Out of stock at SHOP: Item H (H)"
    assert same.id == done.id


async def test_an_import_that_is_given_up_tells_what_it_raised(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 2)
    text = "sku,name,minStock\n" + "".join(f"S{n},Item {n},1\n" for n in range(6))
    table = Table(io.BytesIO(text.encode()), "utf-8", {})
    running = imports_of(services).run(table, ImportOptions(name="spring.csv"))
    await anext(running)
    await running.aclose()
    (told_bob,) = await services.of(Notifications).page(BOB, False, 50, None)
    assert told_bob.title == "Import given up: spring.csv"
    assert "2 items are low or out of stock" in told_bob.message


async def test_a_dry_run_tells_nothing_and_a_refused_import_says_so(services: Services) -> None:
    await run_import(services, GOOD, dry_run=True)
    await run_import(services, ONE_BAD, strict=True)
    (refused,) = await told(services, BOB)
    assert (refused.type.value, refused.title) == ("WARNING", "Import refused: spring.csv")
    await run_import(services, GOOD, strict=True)
    assert (await told(services, BOB))[-1].type.value == "SUCCESS"


async def test_an_import_that_stops_half_way_is_told_as_a_fault(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing = imports_of(services)

    async def broken(*_: object) -> object:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(importing, "_chunk", broken)
    table = Table(io.BytesIO(GOOD.encode()), "utf-8", {})
    with pytest.raises(ImportStopped):
        async for _ in importing.run(table, ImportOptions(name="spring.csv")):
            pass
    (stopped,) = await told(services, BOB)
    assert (stopped.type.value, stopped.title) == ("ERROR", "Import stopped: spring.csv")
    assert "At line 2" in stopped.message
    assert "disk" not in stopped.message, "the cause is for the log"


async def test_an_import_ends_well_though_nobody_can_be_told(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("nobody is there")

    monkeypatch.setattr(ImportNotices, "_raised", broken)
    await run_import(services, GOOD)
    assert len(await services.of(Catalogue).by_ids([1002, 1001], sees_admins=True)) >= 1
    assert "cannot tell the end of the import of spring.csv" in caplog.text


async def test_the_command_tells_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    file = tmp_path / "summer.csv"
    file.write_text(GOOD)
    monkeypatch.setenv("DATABASE_URL", services.settings.database_url)
    assert await asyncio.to_thread(cli.run, ["import-items", str(file)]) == 0
    (done,) = await told(services, BOB)
    assert done.title == "Import ended: summer.csv"


async def test_a_file_of_any_name_can_be_told(services: Services) -> None:
    for name, told_as in (("a\x00b\n\udcff.csv", "a?b??.csv"), ("n" * 255, "n" * 150)):
        await services.of(Notifications).announce(import_ended(ImportEnd(name, ImportCounts())))
        assert (await told(services, BOB))[-1].title == f"Import ended: {told_as}"


async def test_a_job_that_fails_is_told_to_admin_once_until_it_works_again(
    services: Services, clock: HeldClock
) -> None:
    faults: list[Exception | None] = [None, OSError("a secret path"), OSError(), None, None]
    watch = JobWatch(services.of(Notifications))

    async def work() -> None:
        if fault := faults.pop(0):
            raise fault

    scheduler = Scheduler(
        services.writer, clock, [], lambda job, error: watch.ended(job.name, error)
    )
    while faults:
        await scheduler.run(Job("sweep", 1, work))
        clock.advance(60)
    failed, works = await told(services, ADA)
    assert (failed.type.value, failed.title) == ("ERROR", "Scheduled job failed: sweep")
    assert failed.message.startswith("OSError;")
    assert "secret" not in failed.message
    assert (works.type.value, works.data["ok"]) == ("SUCCESS", True)
    assert await told(services, BOB) == await told(services, VERA) == []


async def test_the_monitoring_job_deletes_old_notifications(
    services: Services, clock: HeldClock
) -> None:
    await run_import(services, GOOD)
    clock.advance(91 * 86_400)
    for job in jobs(services):
        await job.work()
    assert await told(services, BOB) == []


async def test_a_server_that_stops_in_good_order_leaves_nothing_to_tell(
    services: Services,
) -> None:
    for _ in range(2):
        run = ServerRuns(services.writer)
        await run.start()
        await run.live()
        await run.stop()
        await run.stop()
    assert await told(services, ADA) == []
    assert await services.database.reading.rows("SELECT id FROM server_run") == []


async def test_a_server_that_was_killed_is_told_to_admin_by_the_next_one(
    services: Services,
) -> None:
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await killed.wait()
    await _run_of(services, socket.gethostname()[:255], killed.pid, services.clock.now_us())
    runs = [ServerRuns(services.writer) for _ in range(2)]
    await asyncio.gather(*(run.start() for run in runs))
    (notice,) = await told(services, ADA)
    assert (notice.type.value, notice.title) == (
        "WARNING",
        "A server did not stop in good order",
    )
    assert notice.data["seenAt"] == "2026-01-01T00:00:00Z"
    assert await told(services, BOB) == await told(services, VERA) == []
    for run in runs:
        await run.stop()


async def test_a_silent_server_of_another_machine_is_told_after_a_while(
    services: Services, clock: HeldClock
) -> None:
    await _run_of(services, "elsewhere", os.getpid(), clock.now_us())
    run = ServerRuns(services.writer)
    await run.start()
    assert await told(services, ADA) == []
    for _ in range(4):
        clock.advance(SILENT_MAX_S // 4 + 1)
        await run.live()
    (notice,) = await told(services, ADA)
    assert notice.data["host"] == "elsewhere"
    rows = await services.database.reading.rows("SELECT host FROM server_run")
    assert [row[0] for row in rows] == [socket.gethostname()[:255]]
    await run.stop()


async def _run_of(services: Services, host: str, pid: int, seen_us: int) -> None:
    await services.database.writing.change(
        "INSERT INTO server_run (id, host, pid, started_at, seen_at) VALUES (5, ?, ?, ?, ?)",
        host,
        pid,
        seen_us,
        seen_us,
    )
