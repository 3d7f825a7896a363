"""Files that people send, and those that nobody means well with; and how they are sent."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from typing import Any

from PIL import Image

from tests.schema.api import Caller

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
GPS = 0x8825
ORIENTATION = 0x0112
MAKER = "A camera of somebody"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), colour: str = "teal", **how: Any
) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind, **how)
    return written.getvalue()


def photo(size: tuple[int, int] = (600, 400)) -> bytes:
    """As a telephone takes it: lying on its side, with where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = MAKER
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)}
    return picture(size=size, exif=exif, comment=b"whose it is")


def noisy() -> bytes:
    """Few bytes, which become many once its pixels are encoded well."""
    written = io.BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(written, "WEBP", quality=1)
    return written.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A PNG of few bytes that says it has very many pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return written.getvalue()


def document() -> bytes:
    return archive("[Content_Types].xml", "word/document.xml")


async def sees_admins() -> bool:
    """For Uploads.take: whoever sends it is an ADMIN."""
    return True


async def send(
    caller: Caller,
    item: Any,
    content: bytes | AsyncIterator[bytes],
    name: str = "photo.jpg",
    **asked: str,
) -> Any:
    """The answer to POST /attachments: (status, body)."""
    headers = {"content-type": "application/octet-stream"}
    if caller.token is not None:
        headers["authorization"] = f"Bearer {caller.token}"
    answer = await caller.http.post(
        "/attachments",
        params={"item": str(getattr(item, "id", item)), "name": name, **asked},
        content=content,
        headers=headers,
    )
    return answer.status_code, answer.json()


async def attached(caller: Caller, item: Any, content: bytes, name: str = "photo.jpg") -> str:
    """The id of a new attachment."""
    status, body = await send(caller, item, content, name)
    assert status == 201, body
    return str(body["attachment"]["id"])


async def fetched(caller: Caller, url: str, method: str = "GET", **headers: str) -> Any:
    told = {"authorization": f"Bearer {caller.token}"} if caller.token is not None else {}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await caller.http.request(method, url, headers=told)
