"""Files that come slowly: others need not wait for them, and what changes meanwhile counts."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from graphql_api.attachments.examination import PROGRAM
from graphql_api.attachments.uploads import UPLOADS_AT_ONCE, UPLOADS_OF_ONE, Uploads
from graphql_api.errors import RateLimited
from tests.attachments.files import picture, send
from tests.builders import hide, make_item
from tests.patience import PATIENCE_S
from tests.schema.api import Api
from tests.streams import eventually


class Slow:
    """A picture whose second half is held back."""

    def __init__(self) -> None:
        self.is_half_sent = asyncio.Event()
        self.go_on = asyncio.Event()

    async def content(self) -> AsyncIterator[bytes]:
        whole = picture()
        yield whole[:100]
        self.is_half_sent.set()
        await self.go_on.wait()
        yield whole[100:]


def under_way(api: Api) -> int:
    return api.services.of(Uploads)._under_way.total()


async def test_slow_uploads_of_one_user_leave_room_for_another(api: Api) -> None:
    item = await make_item(api.services)
    slow = Slow()
    sent = [
        asyncio.create_task(send(api.user, item, slow.content(), key=f"slow {number}"))
        for number in range(UPLOADS_AT_ONCE)
    ]
    await eventually(lambda: under_way(api) == UPLOADS_OF_ONE)
    status, body = await send(api.admin, item, picture(colour="red"))
    assert status == 201, body
    slow.go_on.set()
    answers = [status for status, _ in await asyncio.gather(*sent)]
    assert answers.count(429) == UPLOADS_AT_ONCE - UPLOADS_OF_ONE
    assert under_way(api) == 0, "none is counted any more"
    assert (await send(api.user, item, picture(colour="blue")))[0] == 201


async def test_uploads_of_many_users_are_bounded_together(api: Api) -> None:
    uploads = api.services.of(Uploads)
    with ExitStack() as others:
        for user_id in range(UPLOADS_AT_ONCE):
            others.enter_context(uploads._counted(user_id))
        with pytest.raises(RateLimited), uploads._counted(UPLOADS_AT_ONCE):
            pytest.fail("it was let in")


async def sent_meanwhile(api: Api, item: Any, meanwhile: Any, caller: Any = None) -> Any:
    """The answer to an upload during which something happens."""
    slow = Slow()
    sending = asyncio.create_task(send(caller or api.user, item, slow.content()))
    await asyncio.wait_for(slow.is_half_sent.wait(), PATIENCE_S)
    await meanwhile
    slow.go_on.set()
    return await sending


async def test_who_may_no_longer_attach_when_the_file_has_come_does_not(api: Api) -> None:
    item = await make_item(api.services)

    def now(**changes: Any) -> Any:
        return api.admin.mutate("updateUser", input={"id": "12", **changes})

    status, body = await sent_meanwhile(api, item, now(role="VIEWER"))
    assert (status, body["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    await now(role="USER")
    status, body = await sent_meanwhile(api, item, now(active=False))
    assert (status, body["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    for table in ("attachment", "stored_file"):
        assert await api.services.reading.rows(f"SELECT id FROM {table}") == []


async def test_who_is_no_admin_any_more_attaches_nothing_to_what_is_hidden(api: Api) -> None:
    item = await make_item(api.services)
    await hide(api.services, item)
    await api.admin.mutate("updateUser", input={"id": "12", "role": "ADMIN"})
    demote = api.admin.mutate("updateUser", input={"id": "12", "role": "USER"})
    status, body = await sent_meanwhile(api, item, demote)
    assert (status, body["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")


async def test_a_token_may_expire_while_a_file_comes(api: Api, clock: Any) -> None:
    item = await make_item(api.services)

    async def later() -> None:
        clock.advance(3_600)

    status, body = await sent_meanwhile(api, item, later())
    assert status == 201, body


@pytest.mark.skipif(sys.platform == "win32", reason="priorities are others there")
async def test_files_are_looked_at_behind_whatever_else_wants_the_core(tmp_path: Path) -> None:
    """Its file is a pipe here, so that it waits for it."""
    held = tmp_path / "held"
    os.mkfifo(held)
    read = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    write = os.open(held, os.O_WRONLY)
    os.set_blocking(read, True)
    program = await asyncio.create_subprocess_exec(
        *PROGRAM, "1000", "1000", stdin=read, stderr=asyncio.subprocess.DEVNULL
    )
    own = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        await eventually(lambda: os.getpriority(os.PRIO_PROCESS, program.pid) > own)
    finally:
        os.close(write)
        os.close(read)
        await program.wait()
