"""`POST /attachments?item=ID&name=NAME` attaches a file; `GET /attachments/ID/SHA256` gives it.

`GET /attachments/ID/SHA256/96` (or 480) gives a picture's thumbnail. GraphQL tells these addresses
(Attachment.url, thumbnailUrl). All ask for the same token as GraphQL, and nothing stands in an
address that opens a door: a page fetches pictures and shows them as blobs.

Whatever somebody sent, no browser runs it here: its type is the one that was found in its bytes
and is not guessed anew (nosniff), what is no picture is only saved, and neither a script nor a
frame of this origin can come of it (sandbox).
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from graphql_api.accounts.roles import Role
from graphql_api.attachments.attachment import (
    Attachment,
    ThumbnailSize,
    file_name,
    thumbnail_name,
)
from graphql_api.attachments.attachments import NO_SUCH, Attachments
from graphql_api.attachments.stored import StoreAway
from graphql_api.attachments.stores import Store
from graphql_api.attachments.uploads import OFF, Upload, Uploads
from graphql_api.errors import NotFound, Unavailable
from graphql_api.files.faults import FileTooLarge
from graphql_api.inventory.item import ItemRef, parse_id
from graphql_api.said import said
from graphql_api.services import Services
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.entry import Backend
from graphql_api.transport.media import JSON
from graphql_api.web.files import (
    Parts,
    answered,
    refuse_large,
    signed_in,
    still_signed_in,
    too_large,
)

PATH = "/attachments"
THUMBNAIL_TYPE = "image/webp"
SAFE = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    # What an address stands for never changes, and who does not know the hash does not find it.
    "cache-control": "private, max-age=31536000, immutable",
}

logger = logging.getLogger(__name__)


def attachment_routes(parts: Parts) -> list[Route]:
    """parts: the running ones; called for each request."""

    async def upload(request: Request) -> Response:
        return await answered(_upload, request, parts)

    async def download(request: Request) -> Response:
        return await answered(_download, request, parts)

    return [
        Route(PATH, upload, methods=["POST"]),
        Route(PATH + "/{id}/{sha256}", download, methods=["GET"]),
        Route(PATH + "/{id}/{sha256}/{side}", download, methods=["GET"]),
    ]


async def _upload(request: Request, backend: Backend, services: Services) -> Response:
    viewer = await signed_in(request, backend, Role.USER, PATH)
    uploads = services.of(Uploads)
    refuse_large(request, uploads.bytes_max)
    asked = request.query_params
    named = ItemRef("id", asked.get("item", ""))
    item_id = parse_id(named.value)
    if item_id is None:
        raise NotFound(said("There is no item with {ref}.", ref=named))
    upload = Upload(
        item_id,
        asked.get("name", ""),
        asked.get("key", "").strip(),
        viewer.user_id,
        viewer.sees_admins,
    )

    async def sees_admins() -> bool:
        return (await still_signed_in(request, backend, viewer, Role.USER, PATH)).sees_admins

    try:
        result = await uploads.take(upload, request.stream(), sees_admins)
    except FileTooLarge:
        raise too_large(uploads.bytes_max) from None
    one = result.attachment
    told = {
        "attachment": {"id": str(one.id), "name": one.name, "kind": one.kind.value},
        "replayed": result.replayed,
    }
    return JsonAnswer(told, 200 if result.replayed else 201, JSON)


async def _download(request: Request, backend: Backend, services: Services) -> Response:
    viewer = await signed_in(request, backend, Role.VIEWER, PATH)
    store = services.of(Uploads).store
    if store is None:
        raise Unavailable(OFF)
    attachment_id = parse_id(request.path_params["id"])
    found = await services.of(Attachments).by_ids(
        [] if attachment_id is None else [attachment_id], viewer.sees_admins
    )
    one = next(iter(found.values()), None)
    if one is None or one.sha256 != request.path_params["sha256"]:
        raise NotFound(NO_SUCH)
    name, media_type = _wanted(one, request.path_params.get("side"))
    headers = SAFE | {"etag": f'"{name.rpartition("/")[2]}"', "content-disposition": _told(one)}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    try:
        answer = await _given(store, name, media_type, headers, _length(one, name), request.method)
    except StoreAway as fault:
        _away(fault)
        raise
    if answer is None:
        logger.error("%s is not in %s: check-attachments tells what is missing", name, store.place)
        raise NotFound("The bytes of this attachment are lost.")
    return answer


def _wanted(one: Attachment, side: str | None) -> tuple[str, str]:
    """The store's name and the type of what is asked for. Raises NotFound."""
    if side is None:
        return file_name(one.sha256, one.file_id), one.media_type
    size = next((size for size in ThumbnailSize if str(size.value) == side), None)
    if size is None or not one.is_picture:
        raise NotFound("There is no such thumbnail.")
    return thumbnail_name(one.sha256, one.file_id, size), THUMBNAIL_TYPE


def _length(one: Attachment, name: str) -> int | None:
    """How long it is; None of a thumbnail, which no record tells."""
    return one.size if name == file_name(one.sha256, one.file_id) else None


async def _given(
    store: Store,
    name: str,
    media_type: str,
    headers: dict[str, str],
    length: int | None,
    method: str,
) -> Response | None:
    """The bytes, or for HEAD how many there are; None when they are lost. Raises StoreAway."""
    path = store.path(name)
    if path is None and method == "HEAD":
        size = await store.size(name)
        told = headers | {"content-length": str(size)}
        return None if size is None else Response(None, 200, told, media_type)
    blocks = await store.open(name)
    if blocks is None:
        return None
    if path is not None:
        return FileResponse(path, headers=headers, media_type=media_type)  # and parts of it
    if length is None:  # some 20 KB: whole, so that its length is known
        return Response(b"".join([block async for block in blocks]), 200, headers, media_type)
    return _Blocks(blocks, 200, headers | {"content-length": str(length)}, media_type)


class _Blocks(StreamingResponse):
    """Blocks of a store that may go away half way: then the answer has no end, which tells whoever
    reads it that it is not whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except StoreAway as fault:
            _away(fault)


def _away(fault: StoreAway) -> None:
    logger.error("attachments cannot be read from %s: %s", fault.place, fault.fault)


def _told(one: Attachment) -> str:
    """Content-Disposition (RFC 6266): pictures may be shown, all else is saved."""
    how = "inline" if one.is_picture else "attachment"
    return f"{how}; filename*=UTF-8''{quote(one.name, safe='')}"
