"""What is stored of attachments in forms: the topic's events, and what a key remembers.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from graphql_api.events.log import Facts
from graphql_api.kernel.codec import Fact, Kind, State

TOPIC = "attachments"


class AttachmentState(State):
    """An attachment right after a change; see attachment.Attachment."""

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


class AttachmentsTold(Fact):
    """Something happened to an attachment. attachments: all of its item, in their order, as they
    are now; user_id: who did it."""

    attachment: AttachmentState
    attachments: list[AttachmentState]
    user_id: int | None


class AddInput(State):
    """What an upload was to add. sha256: of the bytes that were sent."""

    mutation: str
    item_id: int
    name: str
    sha256: str


class Added(Fact):
    """What an upload's key remembers."""

    attachment: AttachmentState


ATTACHMENTS_TOLD = Kind("event attachments", AttachmentsTold)
ADD_INPUT = Kind("input of an attachment's upload", AddInput)
ADDED = Kind("idempotency result of an attachment's upload", Added)
KINDS = ("ADDED", "CHANGED", "REMOVED")
FACTS: Facts = {(TOPIC, kind): ATTACHMENTS_TOLD for kind in KINDS}
