"""Notifications: the face of graphql_api/notifications."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Annotated

import strawberry

from graphql_api.accounts.roles import Role
from graphql_api.alerts.rules import Severity
from graphql_api.delivery.filters import Condition, Filter
from graphql_api.engine.personal import PERSONAL
from graphql_api.events.log import Event
from graphql_api.notifications import notifications as domain
from graphql_api.notifications import sending
from graphql_api.notifications.facts import NotificationKind
from graphql_api.notifications.notifications import Notifications
from graphql_api.notifications.noun import NOUN
from graphql_api.notifications.push import Push, Registration
from graphql_api.notifications.push import PushSubscription as Registered
from graphql_api.texts.languages import Language
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, enum_of, face_of
from schema.node import Id, Node, id_of, required_id
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import JSON, Cursor, DateTime
from schema.streams import FromCursor, StreamEvent, follow

enum_of(
    NotificationKind,
    "NotificationKind",
    "What a notification is about.",
    {
        "ALERT": "Items that need attention.",
        "IMPORT": "The end of an import.",
        "SERVER": "The server itself: jobs that fail, a server that did not stop in good order.",
        "MESSAGE": "Sent by somebody, with `sendNotification`.",
    },
)
enum_of(
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


@face_of(sending.Notification, "A message to a user, a role, or everyone.")
class Notification(Node):
    type: domain.NotificationType = strawberry.field(description="How it is meant.")
    title: str = strawberry.field(description="In a few words.")
    message: str = strawberry.field(description="In a sentence or two.")
    data: JSON | None = strawberry.field(description="For programs.")
    timestamp: DateTime = strawberry.field(description="When it was sent.")
    kind: NotificationKind = strawberry.field(description="What it is about.")
    read_at: DateTime | None = strawberry.field(
        description="When you read it; null when you have not.", metadata={PERSONAL: True}
    )


@strawberry.input(description="A message to one user, to one role, or, without both, to everyone.")
class SendNotificationInput:
    type: domain.NotificationType = strawberry.field(description="How it is meant.")
    title: str = strawberry.field(description="At most 200 characters.")
    message: str = strawberry.field(description="At most 2,000 characters.")
    data: JSON | None = strawberry.field(description="At most 4,096 bytes as JSON.", default=None)
    user_id: strawberry.ID | None = strawberry.field(description="The one user.", default=None)
    role: Role | None = strawberry.field(description="The one role.", default=None)


@strawberry.type(description="The notification, or why there is none.")
class NotificationPayload:
    notification: sending.Notification | None = strawberry.field(
        description="As it stands now.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type(description="How many notifications were marked, or why none was.")
class MarkAllReadPayload:
    marked: int = strawberry.field(description="That you had not read before.", default=0)
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@face_of(Registered, "A browser of yours that gets alerts by Web Push.")
class PushSubscription:
    endpoint: str = strawberry.field(description="Where pushes go, as the browser said.")
    min_severity: Severity = strawberry.field(description="Alerts at or above it are pushed.")
    created_at: DateTime = strawberry.field(description="When it was registered last.")


@strawberry.type(description="Web Push: whether there is any, and what you have registered.")
class PushSettings:
    available: bool = strawberry.field(description="Whether this server can send pushes.")
    public_key: str | None = strawberry.field(
        description="The browser's `applicationServerKey`, base64url; null when not available."
    )
    subscriptions: list[Registered] = strawberry.field(
        description="Your own, oldest first; each goes with the session that made it."
    )


@strawberry.input(description="What `PushSubscription.toJSON()` of a browser gives.")
class RegisterPushInput:
    endpoint: str = strawberry.field(
        description="An https URL, in production of a public host; at most 2,048 characters."
    )
    p256dh: str = strawberry.field(description="The browser's public key, base64url.")
    auth: str = strawberry.field(description="The browser's secret, base64url.")
    min_severity: Severity = strawberry.field(
        description="Alerts at or above it are pushed.", default=Severity.HIGH
    )
    language: Language | None = strawberry.field(
        description="Of the words, while your account has none; English if null.", default=None
    )


@strawberry.type(description="The subscription, or why there is none.")
class PushPayload:
    subscription: Registered | None = strawberry.field(
        description="As it is now, or as it was when it was taken away.", default=None
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
        last: Last = None,
        before: Before = None,
    ) -> Connection[sending.Notification]:
        use_cases, viewer = info.context.services.of(Notifications), info.context.signed_in
        page = asked("notification", (int,), first, after, last, before)
        beyond, until = page.ids
        rows = await use_cases.page(
            viewer,
            bool(unread_only),
            page.limit,
            beyond,
            until=until,
            backwards=page.backwards,
        )
        return connection(
            rows,
            lambda notification: [notification.id],
            "notification",
            first,
            after,
            lambda: use_cases.count(viewer, bool(unread_only)),
            last,
            before,
        )

    @query(Rule.VIEWER, "One notification of yours; null when there is none.")
    async def notification(self, info: Info, id: Id) -> sending.Notification | None:
        notification_id = required_id(id)
        return (await _nodes(info.context, [notification_id])).get(notification_id)

    @query(Rule.VIEWER, "How many notifications you have not read.")
    async def unread_notification_count(self, info: Info) -> int:
        return await info.context.services.of(Notifications).unread_count(info.context.signed_in)

    @query(Rule.VIEWER, "Web Push: whether there is any, and which browsers you registered.")
    async def push_settings(self, info: Info) -> PushSettings:
        push = info.context.services.of(Push)
        return PushSettings(
            available=push.is_available,
            public_key=await push.public_key(),
            subscriptions=await push.subscriptions(info.context.signed_in),
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
        sent = await info.context.services.of(Notifications).send(message)
        return NotificationPayload(notification=sent)

    @mutation(Rule.VIEWER, NotificationPayload, "Note that you have read a notification.")
    async def mark_notification_read(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument("The notification.")]
    ) -> NotificationPayload:
        read = await info.context.services.of(Notifications).mark_read(
            required_id(id), info.context.signed_in
        )
        return NotificationPayload(notification=read)

    @mutation(
        Rule.VIEWER, MarkAllReadPayload, "Note that you have read every notification that is there."
    )
    async def mark_all_notifications_read(self, info: Info) -> MarkAllReadPayload:
        marked = await info.context.services.of(Notifications).mark_all_read(info.context.signed_in)
        return MarkAllReadPayload(marked=marked)

    @mutation(
        Rule.VIEWER,
        PushPayload,
        "Send alerts to this browser until your session ends. The same endpoint again replaces "
        "what was registered for it.",
    )
    async def register_push(
        self,
        info: Info,
        input: Annotated[RegisterPushInput, strawberry.argument("The browser, and which alerts.")],
    ) -> PushPayload:
        command = Registration(
            input.endpoint, input.p256dh, input.auth, input.min_severity, info.context.signed_in,
            input.language,
        )  # fmt: skip
        made = await info.context.services.of(Push).register(command)
        return PushPayload(subscription=made)

    @mutation(Rule.VIEWER, PushPayload, "Send no more alerts to this browser.")
    async def unregister_push(
        self,
        info: Info,
        endpoint: Annotated[str, strawberry.argument("As it was registered.")],
    ) -> PushPayload:
        ended = await info.context.services.of(Push).unregister(endpoint, info.context.signed_in)
        return PushPayload(subscription=ended)


@strawberry.type(description="A notification for you.")
class NotificationReceived(StreamEvent):
    notification: sending.Notification = strawberry.field(description="The notification.")


@strawberry.type(
    description="You have read a notification, or all of them, on this socket or another one."
)
class NotificationRead(StreamEvent):
    notification_id: strawberry.ID | None = strawberry.field(
        description="Which one; null: all that there were."
    )
    read_at: DateTime = strawberry.field(description="When.")


@strawberry.type
class NotificationSubscriptions:
    @subscription(
        Rule.VIEWER, "Every notification for you, but for what you had muted when it was sent."
    )
    def notification_received(
        self, info: Info, after: FromCursor = None
    ) -> AsyncIterable[NotificationReceived]:
        me = info.context.signed_in.user_id
        heard = Filter(
            conditions=(Condition(("not muted", me), lambda event: me not in event.payload.muted),)
        )
        return follow(info, sending.TOPIC, [sending.SENT], _received, after, heard, personal=True)

    @subscription(Rule.VIEWER, "What you have read, wherever you read it: for unread counts.")
    def notification_read(
        self, info: Info, after: FromCursor = None
    ) -> AsyncIterable[NotificationRead]:
        return follow(info, sending.TOPIC, [sending.READ], _read, after, personal=True)


def _received(event: Event, cursor: Cursor) -> NotificationReceived:
    return NotificationReceived(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        notification=sending.notification_of(event.payload.notification),
    )


def _read(event: Event, cursor: Cursor) -> NotificationRead:
    return NotificationRead(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        notification_id=event.payload.notification_id,
        read_at=DateTime(event.payload.read_at),
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, sending.Notification]:
    return await context.services.of(Notifications).by_ids(context.signed_in, ids)


FACE = Face(
    noun=NOUN,
    nodes=_nodes,
    queries=NotificationQueries,
    mutations=NotificationMutations,
    subscriptions=NotificationSubscriptions,
)
