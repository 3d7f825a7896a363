"""Notifications: the face of graphql_api/notifications."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types import Info as StrawberryInfo

from graphql_api.notifications import notifications as domain
from schema.accounts import Role
from schema.context import Context
from schema.errors import UserError
from schema.node import Node, enum_of, id_of, required_id
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Connection,
    First,
    checked_first,
    connection,
    decode_place,
)
from schema.permissions import Rule, mutation, query
from schema.scalars import JSON, DateTime

Info = StrawberryInfo[Context, None]

NotificationType = enum_of(
    domain.NotificationType,
    "NotificationType",
    "How a notification is meant, and so how a client shows it.",
    {
        "SUCCESS": "Something was done.",
        "ERROR": "Something failed.",
        "WARNING": "Something needs attention soon.",
        "INFO": "Something to know.",
    },
)


@strawberry.type(description="A message to a user, a role, or everyone.")
class Notification(Node):
    type: NotificationType = strawberry.field(description="How it is meant.")  # type: ignore[valid-type]
    title: str = strawberry.field(description="In a few words.")
    message: str = strawberry.field(description="In a sentence or two.")
    data: JSON | None = strawberry.field(description="For programs.")
    timestamp: DateTime = strawberry.field(description="When it was sent.")
    read_at: DateTime | None = strawberry.field(
        description="When you read it; null when you have not."
    )

    @classmethod
    def is_type_of(cls, obj: Any, _: Any) -> bool:
        return isinstance(obj, domain.Notification)


@strawberry.input(description="A message to one user, to one role, or, without both, to everyone.")
class SendNotificationInput:
    type: NotificationType = strawberry.field(description="How it is meant.")  # type: ignore[valid-type]
    title: str = strawberry.field(description="At most 200 characters.")
    message: str = strawberry.field(description="At most 2,000 characters.")
    data: JSON | None = strawberry.field(description="At most 4,096 bytes as JSON.", default=None)
    user_id: strawberry.ID | None = strawberry.field(description="The one user.", default=None)
    role: Role | None = strawberry.field(description="The one role.", default=None)


@strawberry.type(description="The notification, or why there is none.")
class NotificationPayload:
    notification: Notification | None = strawberry.field(
        description="As it stands now.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class NotificationQueries:
    @query(Rule.VIEWER, "Your notifications, newest first.")
    async def notifications(
        self,
        info: Info,
        unread_only: Annotated[
            bool | None, strawberry.argument("Only those that you have not read.")
        ] = False,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> Connection[Notification]:
        use_cases, viewer = info.context.services.notifications, info.context.signed_in
        place = decode_place("notification", after, (int,))
        rows = await use_cases.page(
            viewer, bool(unread_only), checked_first(first) + 1, place[0] if place else None
        )
        return connection(
            rows,
            lambda notification: [notification.id],
            "notification",
            first,
            after,
            lambda: use_cases.count(viewer, bool(unread_only)),
        )


@strawberry.type
class NotificationMutations:
    @mutation(Rule.ADMIN, NotificationPayload, "Send a notification. ADMIN.")
    async def send_notification(
        self,
        info: Info,
        input: Annotated[SendNotificationInput, strawberry.argument("What, and to whom.")],
    ) -> NotificationPayload:
        message = domain.Message(
            input.type, input.title, input.message, input.data, id_of(input.user_id), input.role
        )
        sent = await info.context.services.notifications.send(message)
        return NotificationPayload(notification=sent)  # type: ignore[arg-type]

    @mutation(Rule.VIEWER, NotificationPayload, "Note that you have read a notification.")
    async def mark_notification_read(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument("The notification.")]
    ) -> NotificationPayload:
        read = await info.context.services.notifications.mark_read(
            required_id(id), info.context.signed_in
        )
        return NotificationPayload(notification=read)  # type: ignore[arg-type]
