"""Files that nobody means well with: refused in words, or harmless when somebody looks at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphql_api.attachments import examination, uploads
from graphql_api.attachments.examination import WAITING_MAX
from graphql_api.attachments.names import NAME_MAX, checked_name
from graphql_api.attachments.uploads import Upload, Uploads
from graphql_api.errors import InvalidInput
from tests.attachments.files import (
    HTML,
    PDF,
    SVG,
    archive,
    attached,
    bomb,
    document,
    fetched,
    noisy,
    picture,
    sees_admins,
    send,
)
from tests.builders import make_item
from tests.schema.api import Api
from tests.streams import eventually

REFUSED = {
    "zero bytes": (b"", "a.png", "is empty"),
    "a bomb": (bomb(), "a.png", "at most 1,000,000 pixels"),
    "one that grows": (noisy(), "a.webp", "more than 300,000 bytes"),
    "half a picture": (picture(size=(300, 300))[:900], "a.jpg", "damaged"),
    "the head of a picture": (picture("PNG")[:20], "a.png", "damaged"),
    "a page under a picture's name": (HTML, "a.png", "can hold scripts"),
    "a page behind blanks": (b"\xef\xbb\xbf" + b"\n " * 40_000 + HTML, "a.txt", "can hold scripts"),
    "a page in UTF-16": (HTML.decode().encode("utf-16"), "a.txt", "can hold scripts"),
    "a drawing with a script": (SVG, "a.svg", "can hold scripts"),
    "a program": (b"\x7fELF\x02\x01\x01" + b"\0" * 100, "a.pdf", "of no kind"),
    "an archive": (archive("run.exe"), "a.docx", "Archives are not taken"),
    "half an archive": (document()[:60], "a.docx", "damaged"),
    "a document with macros": (
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        "a.docx",
        "macros",
    ),
    "an old document": (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "a.doc", "before 2007"),
    "a picture of a telephone": (b"\0\0\0\x18ftypheic" + b"\0" * 100, "a.heic", "as JPEG"),
}


async def test_what_is_not_taken_is_refused_in_words_and_leaves_nothing(api: Api) -> None:
    item = await make_item(api.services)
    for what, (content, name, words) in REFUSED.items():
        status, body = await send(api.user, item, content, name)
        told = body["errors"][0]
        assert (status, told["extensions"]["code"]) == (400, "INVALID_INPUT"), (what, body)
        assert words in told["message"], (what, told)
        if what == "a bomb":  # and in any language
            assert told["extensions"]["template"].startswith("A picture has at most {most} pixels")
            assert told["extensions"]["values"]["most"] == "1,000,000"
    await _is_empty(api)


async def test_a_wrong_name_key_or_item_is_refused_before_anything_is_stored(api: Api) -> None:
    item = await make_item(api.services)
    wrong = [
        (item, "n" * 5_000, "", 400),
        (item, "a.jpg", "k" * 1_000, 400),
        (999, "a.jpg", "new", 404),
    ]
    for where, name, key, expected in wrong:
        status, body = await send(api.user, where, picture(), name, key=key)
        assert status == expected, body
    await _is_empty(api)


async def test_a_wrong_key_is_refused_before_any_byte_is_read(api: Api) -> None:
    item = await make_item(api.services)

    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("it was read")
        yield b""

    upload = Upload(item.id, "a.jpg", "k" * 1_000, 12, False)
    with pytest.raises(InvalidInput):
        await api.services.of(Uploads).take(upload, unread(), sees_admins)


async def _is_empty(api: Api) -> None:
    """No file is known, and none lies there."""
    for table in ("stored_file", "attachment"):
        rows = await api.services.reading.rows(f"SELECT count(*) FROM {table}")
        assert rows[0][0] == 0
    store = api.services.of(Uploads).store
    assert store is not None and [one async for one in store.listing()] == []


async def test_what_lies_in_a_picture_beside_its_pixels_is_not_kept(api: Api) -> None:
    """A polyglot: a picture for a decoder, a page for a browser, an archive for whoever unpacks."""
    item = await make_item(api.services)
    hidden = HTML + archive("run.exe")
    for number, plain in enumerate((picture("PNG"), picture("GIF"), picture(comment=HTML))):
        await attached(api.user, item, plain + hidden, f"{number}.html")
    for one in await _seen(api, item):
        answer = await fetched(api.user, one["url"])
        assert b"script" not in answer.content and b"run.exe" not in answer.content
        assert answer.headers["content-type"] == one["mediaType"]
        assert one["name"].endswith((".html.png", ".html.jpg")), "its extension is of its type"


async def test_what_is_no_picture_is_only_saved(api: Api) -> None:
    item = await make_item(api.services)
    # Pages for whoever looks far enough into them: a browser must not.
    await attached(api.user, item, PDF + HTML, "a.html")
    await attached(api.user, item, b"rm -rf /\n", "run.bat")
    pdf, text = await _seen(api, item)
    assert (pdf["mediaType"], pdf["name"]) == ("application/pdf", "a.html.pdf")
    assert (text["mediaType"], text["name"]) == ("text/plain", "run.bat.txt")
    for one in (pdf, text):
        headers = (await fetched(api.user, one["url"])).headers
        assert headers["content-disposition"].startswith("attachment;")
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"].partition(";")[0] == one["mediaType"]
        assert (await fetched(api.user, f"{one['url']}/96")).status_code == 404


async def _seen(api: Api, item: Any) -> Any:
    fields = "attachments { name mediaType url }"
    query = f'{{ item(ref: {{ id: "{item.id}" }}) {{ {fields} }} }}'
    return (await api.user.query(query))["item"]["attachments"]


async def test_an_upload_that_breaks_off_leaves_nothing(api: Api) -> None:
    item = await make_item(api.services)
    uploads = api.services.of(Uploads)

    async def half() -> AsyncIterator[bytes]:
        yield picture()[:100]
        raise ConnectionResetError

    upload = Upload(item.id, "a.jpg", "", 12, False)
    with pytest.raises(ConnectionResetError):
        await uploads.take(upload, half(), sees_admins)
    rows = await api.services.reading.rows("SELECT count(*) FROM stored_file")
    assert rows[0][0] == 0

    async def cut() -> AsyncIterator[bytes]:  # without a length, beyond what may be
        for _ in range(20):
            yield b"x" * 65_536

    assert (await send(api.user, item, cut()))[0] == 413


async def test_a_decoder_that_hangs_or_breaks_breaks_nothing_else(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await make_item(api.services)
    python = examination.PROGRAM[0]
    monkeypatch.setattr(
        examination, "PROGRAM", (python, "-c", "import os; os.kill(os.getpid(), 11)")
    )
    status, body = await send(api.user, item, picture())
    assert status == 400 and "cannot be looked at" in str(body)
    monkeypatch.setattr(uploads, "UPLOADS_OF_ONE", WAITING_MAX + 4)  # they stand for many users
    monkeypatch.setattr(examination, "EXAMINING_MAX_S", 0.05)
    monkeypatch.setattr(examination, "PROGRAM", (python, "-c", "import time; time.sleep(999)"))
    sent = [
        asyncio.create_task(send(api.user, item, picture(), name=f"{number}"))
        for number in range(WAITING_MAX + 4)
    ]
    async with api.services.of(Uploads)._examination._turn:  # till all have come
        await eventually(lambda: sum(task.done() for task in sent) == 4)
        assert {task.result()[0] for task in sent if task.done()} == {429}
    statuses = [status for status, _ in await asyncio.gather(*sent)]
    assert sorted(statuses) == [400] * WAITING_MAX + [429] * 4, "few wait, the others come again"
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\fakepath\\Front.PNG", "Front.PNG"),
        ("a\0b\r\nSet-Cookie: x.png", "a b Set-Cookie: x.png"),
        ("photo\u202egnp.exe", "photo gnp.exe.png"),  # shown turned round: photoexe.png
        ("...", "file.png"),
        ("", "file.png"),
        (".htaccess", "htaccess.png"),
        ("Grüße 📦.png", "Grüße 📦.png"),
    ],
)
def test_names_lose_paths_and_what_nobody_sees(given: str, kept: str) -> None:
    assert checked_name(given, (".png",), ("name",)) == kept


@pytest.mark.parametrize("length", [NAME_MAX, 5_000])
def test_a_huge_name_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput, match="characters"):
        checked_name("n" * length, (".png",), ("name",))
