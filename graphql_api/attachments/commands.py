"""The commands on attachments, as they arrive, and what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.attachments.attachment import Attachment
from graphql_api.attachments.facts import AddInput
from graphql_api.events.cursor import Cursor


@dataclass(frozen=True, slots=True)
class NewFile:
    """A command: make room for a file, before its bytes are stored."""

    sent_sha256: str
    sha256: str
    media_type: str
    size: int
    total_size: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """A command: attach a stored file. key: "" for none; file_id: of a file with these bytes, whose
    bytes are stored."""

    key: str
    item_id: int
    name: str
    sent_sha256: str
    file_id: int
    user_id: int | None
    sees_admins: bool

    def as_input(self) -> AddInput:
        return AddInput("addAttachment", self.item_id, self.name, self.sent_sha256)


@dataclass(frozen=True, slots=True)
class _OfOneAttachment:
    """What a command names that is about one attachment."""

    id: int
    user_id: int | None
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class RenameAttachment(_OfOneAttachment):
    """A command: give it another name."""

    name: str


@dataclass(frozen=True, slots=True)
class MoveAttachment(_OfOneAttachment):
    """A command: put it at a place among the item's attachments of its kind, 0 being the first."""

    position: int


@dataclass(frozen=True, slots=True)
class DeleteAttachment(_OfOneAttachment):
    """A command: take it away from its item."""


@dataclass(frozen=True, slots=True)
class AttachmentResult:
    """What came of a command. attachment: as it is, or was right before it was deleted;
    attachments: all of its item, right after; cursor: the change's. Of what was done before, only
    the attachment is known."""

    attachment: Attachment
    attachments: Sequence[Attachment] | None = None
    cursor: Cursor | None = None

    @property
    def replayed(self) -> bool:
        """Whether it was done before."""
        return self.cursor is None
