"""What a process leaves that is killed between the bytes and the row, and how it is found."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from graphql_api.attachments.attachments import Attachments
from graphql_api.attachments.checking import check_store
from graphql_api.attachments.commands import DeleteAttachment
from graphql_api.attachments.files import UNUSED_US
from graphql_api.attachments.stored import Lying
from graphql_api.attachments.stores import FolderStore, folder_beside
from graphql_api.attachments.sweeping import Sweep
from graphql_api.attachments.uploads import Upload, Uploads
from graphql_api.clock import SECOND_US, HeldClock, SystemClock
from graphql_api.settings import Settings
from tests.attachments.files import picture, sees_admins
from tests.builders import make_item
from tests.conftest import OpenServices
from tests.servers import ROOT

Happen = Callable[[], Awaitable[None]] | None

# Killed: half way through the bytes, after them, and when their row is gone again but not they.
KILLED = """
import asyncio, os, signal, sys
from graphql_api.attachments import stores, attachments
from graphql_api.attachments.uploads import Upload, Uploads
from graphql_api.process import open_services
from tests.attachments.files import sees_admins
from graphql_api.settings import read_settings

where, item_id = sys.argv[1], int(sys.argv[2])

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if where == "half way":
    os.fsync = lambda number, sync=os.fsync: die() if sys.argv[3] in os.readlink(
        f"/proc/self/fd/{number}") and os.readlink(f"/proc/self/fd/{number}").endswith(".part"
        ) else sync(number)
else:
    attachments.Attachments.add = die

async def main():
    async with open_services(read_settings()) as services:
        async def content():
            yield sys.stdin.buffer.read()
        upload = Upload(item_id, "a.jpg", "", None, True)
        await services.of(Uploads).take(upload, content(), sees_admins)

asyncio.run(main())
"""


def lying(place: str) -> list[str]:
    """All that lies in a folder, half written or not."""
    paths = (path for path in Path(place).rglob("*") if path.is_file())
    return [path.relative_to(place).as_posix() for path in paths]


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)
@pytest.mark.parametrize("where", ["half way", "after the bytes"])
async def test_what_a_killed_upload_leaves_is_swept(
    where: str, attaching: Settings, open_again: OpenServices, clock: HeldClock, place: str
) -> None:
    asked = attaching.model_dump(include={"attachments_store"})
    async with open_again(**asked) as services:
        item = await make_item(services)
    environment = {
        **os.environ,
        "DATABASE_URL": attaching.database_url,
        "ATTACHMENTS_STORE": place,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", KILLED, where, str(item.id), place]
    ended = await asyncio.to_thread(
        subprocess.run, command, input=picture(), env=environment, capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert lying(place), "it was killed in the middle"
    clock.advance((SystemClock().now_us() - clock.now_us()) / SECOND_US)
    async with open_again(**asked) as services:
        sweep = services.of(Sweep)
        assert await sweep.run() == 0, "it might still be on its way"
        clock.advance(UNUSED_US / SECOND_US + 1)
        assert await sweep.run() == 1
        assert lying(place) == []
        assert await services.reading.rows("SELECT id FROM stored_file") == []
        await _attach(services.of(Uploads), item.id)  # the same bytes, as if nothing had been


async def _attach(uploads: Uploads, item_id: int) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield picture()

    await uploads.take(Upload(item_id, "a.jpg", "", None, True), content(), sees_admins)


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)
async def test_a_sweep_that_is_stopped_between_bytes_and_row_goes_on_the_next_time(
    attaching: Settings, open_again: OpenServices, clock: HeldClock, place: str
) -> None:
    asked = attaching.model_dump(include={"attachments_store"})
    async with open_again(**asked) as services:
        item = await make_item(services)
        await _attach(services.of(Uploads), item.id)
        await services.database.writing.change("DELETE FROM attachment")
        await services.database.writing.change(
            "UPDATE stored_file SET unused_since = 0, doomed = 1"
        )
        await FolderStore(Path(place)).delete(lying(place))
        await _attach(services.of(Uploads), item.id)  # beside what is being deleted
        assert await services.of(Sweep).run() == 1
        rows = await services.reading.rows("SELECT doomed FROM stored_file")
        assert [row[0] for row in rows] == [0]
        assert len(lying(place)) == 3


@pytest.mark.parametrize("maker", ["sqlite", "postgres"], indirect=True)
async def test_the_same_bytes_sent_to_two_processes_at_once_stay_once(
    attaching: Settings, open_again: OpenServices, clock: HeldClock, place: str
) -> None:
    asked = attaching.model_dump(include={"attachments_store"})
    async with open_again(**asked) as one, open_again(**asked) as other:
        items = [await make_item(one, f"I{number}") for number in range(6)]
        both = (one, other)
        await asyncio.gather(
            *(_attach(both[n % 2].of(Uploads), item.id) for n, item in enumerate(items))
        )
        clock.advance(UNUSED_US / SECOND_US + 1)
        await asyncio.gather(*(each.of(Sweep).run() for each in both))
        rows = await one.reading.rows("SELECT is_whole, doomed FROM stored_file")
        assert [tuple(row) for row in rows] == [(1, 0)]
        store = one.of(Uploads).store
        assert store is not None and len(lying(place)) == 3
        assert (await check_store(one.scanning, store, clock)).missing == ()


class BusyStore(FolderStore):
    """One in which something happens while somebody looks at all of it."""

    def __init__(self, folder: Path, *, before: Happen = None, after: Happen = None) -> None:
        super().__init__(folder)
        self._before, self._after = before, after

    async def listing(self) -> AsyncIterator[Lying]:
        if self._before is not None:
            await self._before()
        async for one in super().listing():
            yield one
        if self._after is not None:
            await self._after()


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)
async def test_what_comes_and_goes_while_the_store_is_checked_is_not_missing(
    attaching: Settings, open_again: OpenServices, clock: HeldClock, place: str
) -> None:
    asked = attaching.model_dump(include={"attachments_store"})
    async with open_again(**asked) as services:
        item = await make_item(services)

        async def upload() -> None:
            await _attach(services.of(Uploads), item.id)

        async def sweep() -> None:
            assert await services.of(Sweep).run() == 1

        store = BusyStore(Path(place), after=upload)
        assert (await check_store(services.scanning, store, clock)).missing == ()
        assert len(lying(place)) == 3
        found = await services.reading.rows("SELECT id FROM attachment")
        command = DeleteAttachment(found[0][0], None, sees_admins=True)
        await services.of(Attachments).delete(command)
        clock.advance(UNUSED_US / SECOND_US + 1)
        store = BusyStore(Path(place), before=sweep)
        assert (await check_store(services.scanning, store, clock)).missing == ()


async def test_a_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new" / "attached")
    await store.put("ab/cd", b"x")
    modes = [path.stat().st_mode & 0o777 for path in (store.folder, *store.folder.rglob("*"))]
    assert modes == [0o700, 0o700, 0o600]


def test_attachments_lie_beside_an_sqlite_database() -> None:
    assert folder_beside(Path("/x/shop.sqlite3")) == Path("/x/shop.sqlite3.attachments")
