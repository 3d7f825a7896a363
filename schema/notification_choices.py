"""What a user wants to be told: the face of graphql_api/notifications/choices.py."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from graphql_api.alerts.rules import Severity
from graphql_api.notifications import choices as domain
from graphql_api.notifications.choices import Choices, NotificationChannel
from graphql_api.notifications.facts import NotificationKind
from schema.context import Info
from schema.errors import UserError
from schema.faces import Face, enum_of, face_of
from schema.permissions import Rule, mutation, query

enum_of(
    NotificationChannel,
    "NotificationChannel",
    "How somebody is told.",
    {
        "LIST": "In the list of notifications, counted as unread, and live.",
        "PUSH": "By Web Push, to the browsers that were registered. ALERT only.",
    },
)


@face_of(
    domain.Choice,
    "What you want to be told of one kind of notification.",
    name="NotificationPreference",
)
class NotificationPreference:
    kind: NotificationKind = strawberry.field(description="The kind.")
    channels: list[NotificationChannel] = strawberry.field(
        description="How you are told; empty: not at all."
    )
    min_severity: Severity | None = strawberry.field(
        description="ALERT: only of alerts this grave or graver; null: of all that are told."
    )


@strawberry.input(description="What shall be of one kind; what is absent stays as it is.")
class NotificationPreferenceInput:
    kind: NotificationKind = strawberry.field(description="The kind.")
    channels: list[NotificationChannel] | None = strawberry.field(
        description="How you want to be told; empty: not at all; null: as before.", default=None
    )
    min_severity: Severity | None = strawberry.field(
        description="ALERT: only of alerts this grave or graver; null: of all that are told.",
        default=strawberry.UNSET,
    )


@strawberry.input(description="What you want to be told; kinds that are not named stay.")
class UpdateNotificationPreferencesInput:
    preferences: list[NotificationPreferenceInput] = strawberry.field(
        description="At most one for each kind."
    )


@strawberry.type(description="All your preferences, or why they were not changed.")
class NotificationPreferencesPayload:
    preferences: list[domain.Choice] = strawberry.field(
        description="As they are now; empty when nothing was changed.", default_factory=list
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class PreferenceQueries:
    @query(
        Rule.VIEWER,
        "What you want to be told, kind by kind, of those that your role gets. Who never chose is "
        "told everything.",
    )
    async def notification_preferences(self, info: Info) -> list[domain.Choice]:
        return await info.context.services.of(Choices).of(info.context.signed_in)


@strawberry.type
class PreferenceMutations:
    @mutation(
        Rule.VIEWER,
        NotificationPreferencesPayload,
        "Choose what you want to be told. What you mute is neither listed nor counted any more, "
        "and comes back when you take that back; what is sent meanwhile does not come live.",
    )
    async def update_notification_preferences(
        self,
        info: Info,
        input: Annotated[UpdateNotificationPreferencesInput, strawberry.argument("What shall be.")],
    ) -> NotificationPreferencesPayload:
        made = await info.context.services.of(Choices).choose(
            info.context.signed_in, [_wanted(choice) for choice in input.preferences]
        )
        return NotificationPreferencesPayload(preferences=made)


def _wanted(given: NotificationPreferenceInput) -> domain.WantedChoice:
    least: Any = ... if given.min_severity is strawberry.UNSET else given.min_severity
    channels = None if given.channels is None else frozenset(given.channels)
    return domain.WantedChoice(given.kind, channels, least)


FACE = Face(queries=PreferenceQueries, mutations=PreferenceMutations)
