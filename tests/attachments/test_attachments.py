"""Attachments over the API: added, seen, ordered, renamed, deleted, and told to open clients."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from graphql_api.attachments.files import UNUSED_US
from graphql_api.attachments.s3 import S3Store
from graphql_api.attachments.stored import StoreAway
from graphql_api.attachments.sweeping import Sweep
from graphql_api.attachments.uploads import Uploads
from graphql_api.clock import SECOND_US, HeldClock
from graphql_api.inventory.items import Visibility
from graphql_api.settings import Settings
from tests.attachments.conftest import STORES
from tests.attachments.files import (
    MAKER,
    PDF,
    attached,
    document,
    fetched,
    photo,
    picture,
    send,
)
from tests.builders import hide, make_item
from tests.docs.pages import DOCS, blocks
from tests.schema.api import Api, Caller
from tests.schema.api import running as running_api
from tests.statements import counted

FIELDS = (
    "id name kind mediaType size width height url small: thumbnailUrl "
    "medium: thumbnailUrl(size: MEDIUM) user { name }"
)
BOTH = pytest.mark.parametrize("maker", ["sqlite", "postgres"], indirect=True)


async def seen(caller: Caller, item: Any, fields: str = FIELDS) -> Any:
    query = (
        f'{{ item(ref: {{ id: "{item.id}" }}) {{ attachments {{ {fields} }} '
        "mainPicture { id } pictures { id } } }"
    )
    return (await caller.query(query))["item"]


async def lying(api: Api) -> list[str]:
    store = api.services.of(Uploads).store
    assert store is not None
    return sorted([one.name async for one in store.listing()])


@BOTH
@pytest.mark.parametrize("place", STORES, indirect=True)
async def test_a_photo_is_kept_upright_without_where_it_was_taken(api: Api) -> None:
    item = await make_item(api.services)
    status, body = await send(api.user, item, photo(), "Front.JPG", key="k")
    assert status == 201, body
    assert body["attachment"]["name"] == "Front.JPG" and not body["replayed"]
    (one,) = (await seen(api.viewer, item))["attachments"]
    assert (one["kind"], one["mediaType"], one["user"]) == (
        "PICTURE",
        "image/jpeg",
        {"name": "User"},
    )
    assert (one["width"], one["height"]) == (400, 600), "turned as it was held"
    whole = await fetched(api.viewer, one["url"])
    assert whole.status_code == 200 and len(whole.content) == one["size"]
    assert whole.headers["content-type"] == "image/jpeg"
    for name, value in (
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline; filename*=UTF-8''Front.JPG"),
        ("cache-control", "private, max-age=31536000, immutable"),
    ):
        assert whole.headers[name] == value
    shown = {"url": (400, 600), "small": (64, 96), "medium": (320, 480)}
    for field, size in shown.items():
        content = (await fetched(api.viewer, one[field])).content
        opened = Image.open(io.BytesIO(content))
        assert opened.size == size and not dict(opened.getexif()), field
        assert MAKER.encode() not in content and b"whose it is" not in content
    again = await fetched(api.viewer, one["url"], if_none_match=whole.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert (await send(api.user, item, photo(), "Front.JPG", key="k"))[1]["replayed"]
    status, body = await send(api.user, item, photo((610, 400)), "Front.JPG", key="k")
    assert (status, body["errors"][0]["extensions"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


@BOTH
@pytest.mark.parametrize("place", STORES, indirect=True)
async def test_bytes_are_stored_once_and_go_when_nobody_points_to_them(
    api: Api, clock: HeldClock
) -> None:
    one, other = await make_item(api.services, "A"), await make_item(api.services, "B")
    content, sweep = picture("PNG"), api.services.of(Sweep)
    ids = [await attached(api.user, item, content, "a.png") for item in (one, other)]
    assert len(await lying(api)) == 3, "the picture and two thumbnails"
    refused = await send(api.user, one, content, "again.png")
    assert refused[0] == 409 and "has this file already, as 'a.png'" in str(refused[1])

    payload = await api.user.mutate("deleteAttachment", "attachments { id }", id=ids[0])
    assert payload == {"attachments": [], "userErrors": []}
    clock.advance(UNUSED_US / SECOND_US + 1)
    assert await sweep.run() == 0 and len(await lying(api)) == 3, "the other item has it"
    await api.user.mutate("deleteAttachment", id=ids[1])
    assert await sweep.run() == 0, "an upload may just be about to attach it"
    clock.advance(UNUSED_US / SECOND_US + 1)
    third = await attached(api.user, one, content, "b.png")  # the last moment
    assert await sweep.run() == 0
    await api.user.mutate("deleteAttachment", id=third)
    clock.advance(UNUSED_US / SECOND_US + 1)
    assert await sweep.run() == 1
    assert await lying(api) == []
    rows = await api.services.reading.rows("SELECT count(*) FROM stored_file")
    assert rows[0][0] == 0
    await attached(api.user, one, content, "c.png")
    assert len(await lying(api)) == 3, "what was deleted is stored anew"


@BOTH
async def test_open_clients_are_told_the_whole_list_in_its_order(api: Api) -> None:
    item = await make_item(api.services)
    socket = await api.socket()
    await socket.init(api.viewer.token)
    await socket.subscribe(
        f'subscription {{ attachmentsUpdated(itemIds: ["{item.id}"]) '
        "{ type itemId userId attachment { id } attachments { id name } } }"
    )
    await api.subscribed(1)
    pdf = await attached(api.user, item, PDF, "Datasheet.pdf")
    first = await attached(api.user, item, picture(colour="red"), "1.jpg")
    second = await attached(api.user, item, picture(colour="blue"), "2.jpg")
    assert [one["id"] for one in (await seen(api.user, item))["attachments"]] == [
        first, second, pdf,
    ]  # fmt: skip
    payload = await api.user.mutate(
        "moveAttachment", "attachments { id }", input={"id": second, "position": 0}
    )
    assert [one["id"] for one in payload["attachments"]] == [second, first, pdf]
    found = await seen(api.user, item)
    assert found["mainPicture"]["id"] == second
    assert [one["id"] for one in found["pictures"]] == [second, first]
    payload = await api.user.mutate(
        "renameAttachment", "attachment { name }", input={"id": second, "name": "../Back view"}
    )
    assert payload["attachment"] == {"name": "Back view.jpg"}
    await api.user.mutate("deleteAttachment", id=first)
    events = [await socket.event() for _ in range(6)]
    assert [event["type"] for event in events] == [
        "ADDED", "ADDED", "ADDED", "CHANGED", "CHANGED", "REMOVED",
    ]  # fmt: skip
    assert events[5]["attachments"] == [
        {"id": second, "name": "Back view.jpg"},
        {"id": pdf, "name": "Datasheet.pdf"},
    ]
    assert events[5]["attachment"] == {"id": first} and events[5]["userId"] == "12"


async def test_attachments_of_what_somebody_may_not_know_are_not_there(api: Api) -> None:
    hidden = await make_item(api.services, "HIDDEN", admins_only=True)
    assert hidden.visibility is Visibility.ADMINS
    attachment_id = await attached(api.admin, hidden, picture())
    (one,) = (await seen(api.admin, hidden))["attachments"]
    assert (await fetched(api.admin, one["url"])).status_code == 200
    for caller in (api.user, api.viewer):
        assert (await fetched(caller, one["url"])).status_code == 404
        node = await caller.query(f'{{ node(id: "{attachment_id}") {{ id }} }}')
        assert node == {"node": None}
    assert (await send(api.user, hidden, picture()))[0] == 404
    for name in ("deleteAttachment",):
        assert await api.user.refusals(name, id=attachment_id) == ["NOT_FOUND"]
    assert (await fetched(api.nobody, one["url"])).status_code == 401
    assert (await send(api.nobody, hidden, picture()))[0] == 401
    assert (await send(api.viewer, hidden, picture()))[0] == 403
    other = one["url"].replace(one["url"].split("/")[-1], "0" * 64)
    assert (await fetched(api.admin, other)).status_code == 404


@BOTH
async def test_what_was_told_of_hidden_attachments_is_hidden_too(api: Api) -> None:
    cursor = (await api.viewer.query("{ syncCursor }"))["syncCursor"]
    hidden = await make_item(api.services, "HIDDEN", admins_only=True)
    await attached(api.admin, hidden, picture())
    later = await make_item(api.services, "LATER")
    await attached(api.user, later, picture(colour="red"))
    change = {"id": str(later.id), "visibility": "ADMINS"}
    await api.admin.mutate("updateItem", input=change)
    seen_by_all = await make_item(api.services, "SEEN")
    await attached(api.user, seen_by_all, picture(colour="blue"))
    for caller, items in ((api.viewer, [seen_by_all]), (api.admin, [hidden, later, seen_by_all])):
        socket = await api.socket()
        await socket.init(caller.token)
        query = f'subscription {{ attachmentsUpdated(after: "{cursor}") {{ itemId }} }}'
        await socket.subscribe(query)
        assert [(await socket.event())["itemId"] for _ in items] == [str(one.id) for one in items]


async def test_attachments_stay_with_an_item_that_is_deleted_and_can_only_be_looked_at(
    api: Api,
) -> None:
    item = await make_item(api.services)
    attachment_id = await attached(api.user, item, picture())
    await api.user.mutate("archiveItem", input={"id": str(item.id)})
    await attached(api.user, item, PDF, "a.pdf")
    await api.user.mutate("deleteItem", input={"id": str(item.id)})
    one = (await seen(api.user, item))["attachments"][0]
    assert (await fetched(api.viewer, one["url"])).status_code == 200
    assert (await send(api.user, item, picture(colour="red")))[0] == 404
    assert await api.user.refusals("deleteAttachment", id=attachment_id) == ["NOT_FOUND"]
    await api.user.mutate("restoreItem", input={"id": str(item.id)})
    await api.user.mutate("deleteAttachment", id=attachment_id)


async def test_attachments_of_a_page_of_items_are_one_statement(api: Api) -> None:
    for number in range(5):
        item = await make_item(api.services, f"I{number}")
        await attached(api.user, item, picture(colour="red"))
    query = "{ items(first: 10) { nodes { id %s } } }"
    await api.viewer.query(query % "sku")  # who asks is known from here on
    with counted() as plain:
        await api.viewer.query(query % "name")  # no kept answer
    with counted() as full:
        found = await api.viewer.query(query % "mainPicture { thumbnailUrl } attachments { id }")
    assert len(full) == len(plain) + 1 > 1
    assert all(one["mainPicture"] for one in found["items"]["nodes"])


async def test_too_much_is_refused_in_words(attaching: Settings, clock: HeldClock) -> None:
    small = attaching.model_copy(
        update={"attachments_per_item_max": 2, "attachments_bytes_max": 3_000}
    )
    async with running_api(small, clock) as api:
        item, other = await make_item(api.services, "A"), await make_item(api.services, "B")
        status, body = await send(api.user, item, b"x" * 300_001)
        assert (status, body["errors"][0]["extensions"]["code"]) == (413, "LIMIT_EXCEEDED")
        await attached(api.user, item, PDF, "a.pdf")
        await attached(api.user, item, document(), "b.docx")
        status, body = await send(api.user, item, b"one more", "c.txt")
        assert status == 409 and "at most 2" in body["errors"][0]["message"]
        assert body["errors"][0]["extensions"]["values"] == {"count": 2, "most": 2}
        status, body = await send(api.user, other, b"text " * 600, "c.txt")
        assert status == 409 and "3,000 bytes" in body["errors"][0]["message"]
        limits = await api.viewer.query("{ attachmentLimits { isOn bytesMax perItemMax } }")
        assert limits["attachmentLimits"] == {"isOn": True, "bytesMax": 300_000, "perItemMax": 2}


async def test_without_a_place_for_them_attachments_are_off(
    attaching: Settings, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on PostgreSQL, when nobody named one."""
    monkeypatch.setattr("graphql_api.attachments.noun.store_of", lambda *_: None)
    async with running_api(attaching, clock) as api:
        item = await make_item(api.services)
        status, body = await send(api.user, item, picture())
        assert status == 503 and "ATTACHMENTS_STORE" in body["errors"][0]["message"]
        assert (await api.viewer.query("{ attachmentLimits { isOn } }"))["attachmentLimits"] == {
            "isOn": False
        }
        assert await api.services.of(Sweep).run() == 0


@pytest.mark.parametrize("named", ["x", "", "-1", "99999999999999999999", "424242"])
async def test_an_item_that_is_not_there_is_told_as_it_was_named(api: Api, named: str) -> None:
    status, body = await send(api.user, named, PDF, "a.pdf")
    (error,) = body["errors"]
    assert (status, error["extensions"]["code"]) == (404, "NOT_FOUND")
    assert error["message"].replace("'", "").startswith(f"There is no item with id {named}")


@BOTH
async def test_a_key_whose_attachment_was_deleted_says_so(api: Api) -> None:
    """How the bug came about: the first result was told again, with an id that leads nowhere."""
    item = await make_item(api.services)
    _, body = await send(api.user, item, PDF, "a.pdf", key="k")
    attachment_id = body["attachment"]["id"]
    await api.user.mutate("renameAttachment", input={"id": attachment_id, "name": "b.pdf"})
    status, body = await send(api.user, item, PDF, "a.pdf", key="k")
    assert (status, body["replayed"], body["attachment"]["id"]) == (200, True, attachment_id)
    await api.user.mutate("deleteAttachment", id=attachment_id)
    for _ in range(2):
        status, body = await send(api.user, item, PDF, "a.pdf", key="k")
        (error,) = body["errors"]
        assert (status, error["extensions"]["code"]) == (404, "NOT_FOUND")
        assert "'a.pdf' was attached with this key, and deleted since" in error["message"]
    assert (await seen(api.user, item))["attachments"] == []
    assert (await send(api.user, item, PDF, "a.pdf", key="another"))[0] == 201


async def test_a_key_tells_nothing_of_an_item_that_is_hidden_since(api: Api) -> None:
    item = await make_item(api.services)
    await send(api.user, item, PDF, "a.pdf", key="k")
    await hide(api.services, item)
    status, body = await send(api.user, item, PDF, "a.pdf", key="k")
    assert status == 404 and "a.pdf" not in str(body)


@pytest.mark.parametrize("place", STORES, indirect=True)
async def test_how_long_a_file_is_is_told_and_head_reads_none_of_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await make_item(api.services)
    await attached(api.user, item, PDF, "a.pdf")
    await attached(api.user, item, photo(), "b.jpg")
    picture_, file = (await seen(api.user, item))["attachments"]
    store = api.services.of(Uploads).store
    assert store is not None
    names, read = await lying(api), S3Store.open
    opened: list[str] = []

    async def noted(self: S3Store, name: str) -> Any:
        opened.append(name)
        return await read(self, name)

    monkeypatch.setattr(S3Store, "open", noted)
    for url in (file["url"], picture_["url"], picture_["small"], picture_["medium"]):
        whole = await fetched(api.user, url)
        assert whole.headers["content-length"] == str(len(whole.content))
        assert "transfer-encoding" not in whole.headers
        opened.clear()
        head = await fetched(api.user, url, method="HEAD")
        assert (head.status_code, head.content, opened) == (200, b"", [])
        for name in ("content-length", "content-type", "etag", "content-disposition"):
            assert head.headers[name] == whole.headers[name], name
    assert await store.size(names[0]) and await store.size("00/none") is None
    await store.delete(names)
    for url in (file["url"], picture_["small"]):
        assert (await fetched(api.user, url, method="HEAD")).status_code == 404


async def test_a_part_of_a_file_can_be_asked_for(api: Api) -> None:
    item = await make_item(api.services)
    await attached(api.user, item, PDF, "a.pdf")
    (one,) = (await seen(api.user, item))["attachments"]
    answer = await fetched(api.user, one["url"], range="bytes=0-4")
    assert (answer.status_code, answer.content) == (206, b"%PDF-")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.pdf"


async def test_a_folder_that_cannot_be_written_is_unavailable(
    attaching: Settings, clock: HeldClock, tmp_path: Path
) -> None:
    (tmp_path / "attached").write_text("no folder")
    async with running_api(attaching, clock) as api:
        item = await make_item(api.services)
        status, body = await send(api.user, item, picture())
        assert (status, body["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
        assert str(tmp_path) not in str(body)
        assert (await seen(api.user, item))["attachments"] == []


async def test_a_folder_that_is_gone_or_cannot_be_read_is_unavailable_and_has_lost_nothing(
    api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that is not mounted."""
    item = await make_item(api.services)
    await attached(api.user, item, PDF, "a.pdf")
    (one,) = (await seen(api.user, item))["attachments"]
    folder, away = tmp_path / "attached", tmp_path / "away"
    folder.rename(away)
    answer = await fetched(api.user, one["url"])
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        503, "UNAVAILABLE"
    )  # fmt: skip
    folder.write_text("no folder")
    assert (await fetched(api.user, one["url"])).status_code == 503
    folder.unlink()
    away.rename(folder)
    assert (await fetched(api.user, one["url"])).content == PDF
    next(path for path in folder.rglob("*") if path.is_file()).unlink()
    assert (await fetched(api.user, one["url"])).status_code == 404, "this one is lost"
    assert "Traceback" not in caplog.text


async def test_a_store_that_goes_away_half_way_ends_the_answer_without_a_traceback(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    item = await make_item(api.services)
    await attached(api.user, item, PDF, "a.pdf")
    (one,) = (await seen(api.user, item))["attachments"]

    async def half(*_: object) -> Any:
        async def blocks() -> AsyncIterator[bytes]:
            yield PDF[:10]
            raise StoreAway("s3://somewhere", "the connection was reset")

        return blocks()

    store = api.services.of(Uploads).store
    monkeypatch.setattr(store, "open", half)
    monkeypatch.setattr(store, "path", lambda _name: None)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send_it(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {api.user.token}".encode())]
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": one["url"],
        "raw_path": one["url"].encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("inventory.test", 80),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    await api.app(scope, receive, send_it)
    assert b"".join(one.get("body", b"") for one in sent) == PDF[:10]
    assert sent[-1].get("more_body"), "it does not look whole"
    assert "the connection was reset" in caplog.text and "Traceback" not in caplog.text


async def test_the_guides_query_answers(api: Api) -> None:
    (query,) = (text for text in blocks(DOCS / "guide.md") if "query Pictures(" in text)
    item = await make_item(api.services)
    await attached(api.user, item, picture())
    found = (await api.viewer.query(query, id=str(item.id)))["item"]
    assert found["mainPicture"]["url"] == found["attachments"][0]["url"]
