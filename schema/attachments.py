"""Pictures and other files of items: the face of graphql_api/attachments."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.attachments import attachment as domain
from graphql_api.attachments.attachment import AttachmentChange, AttachmentKind, ThumbnailSize
from graphql_api.attachments.attachments import Attachments
from graphql_api.attachments.commands import (
    AttachmentResult,
    DeleteAttachment,
    MoveAttachment,
    RenameAttachment,
)
from graphql_api.attachments.facts import TOPIC
from graphql_api.attachments.kinds import EXTENSIONS, PICTURE_TYPES
from graphql_api.attachments.names import NAME_MAX
from graphql_api.attachments.noun import NOUN
from graphql_api.attachments.uploads import Uploads
from graphql_api.delivery.filters import Axis, Filter
from graphql_api.events.log import Event
from graphql_api.services import Services
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, face_of
from schema.node import Id, Node, id_of, required_id
from schema.people import Person, person
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.streams import FromCursor, StreamEvent, bounded, follow

PATH = "/attachments"  # graphql_api/web/attachments.py

enum_of(
    AttachmentKind,
    "AttachmentKind",
    "What an attachment is to people.",
    {"PICTURE": "To be looked at; has thumbnails.", "FILE": "To be saved."},
)
enum_of(
    AttachmentChange,
    "AttachmentChange",
    "What happened to an attachment.",
    {
        "ADDED": "It is new.",
        "CHANGED": "It has another name, or another place.",
        "REMOVED": "It was deleted.",
    },
)
enum_of(
    ThumbnailSize,
    "ThumbnailSize",
    "The longer side of a thumbnail, at most.",
    {"SMALL": "96 pixels, for lists.", "MEDIUM": "480 pixels."},
)


@face_of(
    domain.Attachment,
    "A picture or another file of an item. POST /attachments?item=ID&name=NAME adds one, with the "
    "file as the body and the same token as here.",
)
class Attachment(Node):
    item_id: strawberry.ID = strawberry.field(description="The item that it belongs to.")
    kind: AttachmentKind = strawberry.field(description="What it is to people.")
    name: str = strawberry.field(description="With an extension that is right for its type.")
    media_type: str = strawberry.field(description="As found in its bytes, not as somebody said.")
    size: int = strawberry.field(description="Bytes.")
    width: int | None = strawberry.field(description="Pixels; null for what is no picture.")
    height: int | None = strawberry.field(description="Likewise.")
    created_at: DateTime = strawberry.field(description="When it was added.")

    @computed(
        "Where its bytes are, on this server; asks for the access token, as a header. What an "
        "address gives never changes."
    )
    @staticmethod
    def url(one: Parent[domain.Attachment]) -> str:
        return f"{PATH}/{one.id}/{one.sha256}"

    @computed("Likewise, of a thumbnail (WebP); null for what is no picture.")
    @staticmethod
    def thumbnail_url(
        one: Parent[domain.Attachment],
        size: Annotated[ThumbnailSize, strawberry.argument("Which.")] = ThumbnailSize.SMALL,
    ) -> str | None:
        return f"{PATH}/{one.id}/{one.sha256}/{size.value}" if one.is_picture else None

    @computed("Who added it.")
    @staticmethod
    async def user(one: Parent[domain.Attachment], info: Info) -> Person | None:
        return await person(one.user_id, info)


async def _of_items(services: Services, ids: list[int]) -> Mapping[int, list[domain.Attachment]]:
    return await services.of(Attachments).of_items(ids)


async def attachments_of(item_id: int, info: Info) -> list[domain.Attachment]:
    """An item's attachments, pictures first; one statement for all items of an operation."""
    return await info.context.loaders.of(_of_items).load(item_id)


async def pictures_of(item_id: int, info: Info) -> list[domain.Attachment]:
    """Those that are pictures, the main one first."""
    return [one for one in await attachments_of(item_id, info) if one.is_picture]


@strawberry.type(description="What may be attached.")
class AttachmentLimits:
    is_on: bool = strawberry.field(description="Whether any may: the server has a place for them.")
    bytes_max: int = strawberry.field(description="Of one file.")
    per_item_max: int = strawberry.field(description="Attachments of one item.")
    pixels_max: int = strawberry.field(description="Of a picture: width times height.")
    media_types: list[str] = strawberry.field(description="Those that are taken.")


@strawberry.type
class AttachmentQueries:
    @query(Rule.VIEWER, "What may be attached.")
    def attachment_limits(self, info: Info) -> AttachmentLimits:
        services: Services = info.context.services
        settings = services.settings
        return AttachmentLimits(
            is_on=services.of(Uploads).store is not None,
            bytes_max=settings.attachment_bytes_max,
            per_item_max=settings.attachments_per_item_max,
            pixels_max=settings.attachment_pixels_max,
            media_types=[*dict.fromkeys([*PICTURE_TYPES.values(), "image/gif", *EXTENSIONS])],
        )


@strawberry.input(description="Another name for an attachment.")
class RenameAttachmentInput:
    id: strawberry.ID = strawberry.field(description="The attachment.")
    name: str = strawberry.field(
        description=f"At most {NAME_MAX} characters; gets an extension of its type if it has none."
    )


@strawberry.input(description="Another place for an attachment.")
class MoveAttachmentInput:
    id: strawberry.ID = strawberry.field(description="The attachment.")
    position: int = strawberry.field(
        description="Among the item's pictures, or its other files: 0 is the first, and of "
        "pictures the main one; beyond the end is the end."
    )


@strawberry.type(description="An attachment after a change, with all of its item.")
class AttachmentPayload:
    attachment: domain.Attachment | None = strawberry.field(
        description="As it is now, or was right before it was deleted.", default=None
    )
    attachments: list[domain.Attachment] = strawberry.field(
        description="All of its item now, in their order.", default_factory=list
    )
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


async def _payload(info: Info, result: AttachmentResult) -> AttachmentPayload:
    one, now = result.attachment, result.attachments
    if now is None:
        found = await info.context.services.of(Attachments).of_items([one.item_id])
        now = found[one.item_id]
    cursor = None if result.cursor is None else Cursor(result.cursor)
    return AttachmentPayload(attachment=one, attachments=list(now), cursor=cursor)


@strawberry.type
class AttachmentMutations:
    @mutation(Rule.USER, AttachmentPayload, "Give an attachment another name.")
    async def rename_attachment(
        self,
        info: Info,
        input: Annotated[RenameAttachmentInput, strawberry.argument("Which, and its name.")],
    ) -> AttachmentPayload:
        context = info.context
        command = RenameAttachment(
            required_id(input.id), context.signed_in.user_id, context.sees_admins, input.name
        )
        return await _payload(info, await context.services.of(Attachments).rename(command))

    @mutation(Rule.USER, AttachmentPayload, "Put an attachment at another place of its item.")
    async def move_attachment(
        self,
        info: Info,
        input: Annotated[MoveAttachmentInput, strawberry.argument("Which, and where to.")],
    ) -> AttachmentPayload:
        context = info.context
        command = MoveAttachment(
            required_id(input.id), context.signed_in.user_id, context.sees_admins, input.position
        )
        return await _payload(info, await context.services.of(Attachments).move(command))

    @mutation(Rule.USER, AttachmentPayload, "Take an attachment away from its item.")
    async def delete_attachment(self, info: Info, id: Id) -> AttachmentPayload:
        context = info.context
        command = DeleteAttachment(required_id(id), context.signed_in.user_id, context.sees_admins)
        return await _payload(info, await context.services.of(Attachments).delete(command))


@strawberry.type(description="An item's attachments have changed.")
class AttachmentsUpdate(StreamEvent):
    type: AttachmentChange = strawberry.field(description="What happened.")
    item_id: strawberry.ID = strawberry.field(description="The item's.")
    attachment: domain.Attachment = strawberry.field(description="What it happened to.")
    attachments: list[domain.Attachment] = strawberry.field(
        description="All of the item right after, in their order."
    )
    user_id: strawberry.ID | None = strawberry.field(description="Who did it.")


@strawberry.type
class AttachmentSubscriptions:
    @subscription(Rule.VIEWER, "Every change of attachments.")
    def attachments_updated(
        self,
        info: Info,
        after: FromCursor = None,
        item_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument("Of which items; all if absent.")
        ] = None,
    ) -> AsyncIterable[AttachmentsUpdate]:
        return follow(info, TOPIC, AttachmentChange, _update, after, _of(item_ids))


_ITEM = Axis("item", lambda event: (event.subject,))


def _of(item_ids: list[strawberry.ID] | None) -> Filter:
    listed = bounded("itemIds", item_ids)
    return Filter.of((_ITEM, None if listed is None else [id_of(item_id) for item_id in listed]))


def _update(event: Event, cursor: Cursor) -> AttachmentsUpdate:
    told = event.payload
    return AttachmentsUpdate(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        type=AttachmentChange(event.kind),
        item_id=strawberry.ID(str(event.subject)),
        attachment=domain.attachment_of(told.attachment),
        attachments=[domain.attachment_of(state) for state in told.attachments],
        user_id=told.user_id,
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, domain.Attachment]:
    return await context.services.of(Attachments).by_ids(ids, context.sees_admins)


FACE = Face(
    noun=NOUN,
    nodes=_nodes,
    queries=AttachmentQueries,
    mutations=AttachmentMutations,
    subscriptions=AttachmentSubscriptions,
)
