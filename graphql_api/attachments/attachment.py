"""An attachment, its forms in rows and events, and the order of an item's attachments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api.attachments.facts import AttachmentState


class AttachmentChange(Enum):
    """What happened to an attachment: the kinds of the topic's events."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


class AttachmentKind(Enum):
    PICTURE = "PICTURE"
    FILE = "FILE"


class ThumbnailSize(Enum):
    """The longer side of a thumbnail, in pixels."""

    SMALL = 96
    MEDIUM = 480


def is_picture(media_type: str) -> bool:
    """Whether it is to be looked at, and has thumbnails."""
    return media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an item. sha256, size: of the bytes that are kept; width, height: of pictures."""

    id: int
    item_id: int
    file_id: int
    sha256: str
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    user_id: int | None
    created_at: int

    @property
    def kind(self) -> AttachmentKind:
        return AttachmentKind.PICTURE if self.is_picture else AttachmentKind.FILE

    @property
    def is_picture(self) -> bool:
        return is_picture(self.media_type)

    def state(self) -> AttachmentState:
        """As events and keys keep it; see `attachment_of`."""
        return AttachmentState(
            self.id, self.item_id, self.file_id, self.sha256, self.name, self.media_type, self.size,
            self.width, self.height, self.user_id, self.created_at,
        )  # fmt: skip


COLUMNS = (
    "a.id, a.item_id, a.file_id, f.sha256, a.name, f.media_type, f.size, f.width, f.height, "
    "a.user_id, a.created_at"
)
SOURCE = "attachment a JOIN stored_file f ON f.id = a.file_id"


def attachment_from_row(row: Sequence[Any] | Any) -> Attachment:
    """Out of a row of COLUMNS."""
    return Attachment(*row)


def attachment_of(state: AttachmentState) -> Attachment:
    """The attachment that `Attachment.state` wrote."""
    return Attachment(
        state.id, state.item_id, state.file_id, state.sha256, state.name, state.media_type,
        state.size, state.width, state.height, state.user_id, state.created_at,
    )  # fmt: skip


def in_order(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Pictures before other files, else as they come: the first picture is the main one."""
    return sorted(attachments, key=lambda one: not one.is_picture)


def moved(attachments: Sequence[Attachment], one: Attachment, position: int) -> list[Attachment]:
    """With `one` at `position` among those of its kind, from 0 on; beyond the end: at the end."""
    others = [other for other in attachments if other.id != one.id]
    alike = [other for other in others if other.kind is one.kind]
    alike.insert(position, one)
    rest = [other for other in others if other.kind is not one.kind]
    return in_order([*alike, *rest])


def file_name(sha256: str, file_id: int) -> str:
    """Under what name the store has a file. No two files ever have the same: what is being deleted
    under it cannot come back."""
    return f"{sha256[:2]}/{sha256}-{file_id}"


def thumbnail_name(sha256: str, file_id: int, size: ThumbnailSize) -> str:
    return f"{file_name(sha256, file_id)}.{size.value}.webp"


def file_names(sha256: str, file_id: int, media_type: str) -> list[str]:
    """All names that a file may have something under: its own, then those of thumbnails."""
    sizes = ThumbnailSize if is_picture(media_type) else ()
    thumbnails = [thumbnail_name(sha256, file_id, size) for size in sizes]
    return [file_name(sha256, file_id), *thumbnails]
