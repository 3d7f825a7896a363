"""What people do with alerts, one by one and many at once: the mutations of graphql_api/alerts."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.alerts import lifecycle
from graphql_api.alerts.commands import AT_ONCE_MAX, AlertResult, Alerts, ManyResult
from graphql_api.errors import InvalidInput
from graphql_api.said import said
from schema.context import Info
from schema.errors import UserError, user_error
from schema.faces import Face
from schema.node import required_id
from schema.permissions import Rule, mutation
from schema.scalars import Cursor, DateTime


@strawberry.input(description="Silences an alert for a while.")
class SnoozeAlertInput:
    id: strawberry.ID = strawberry.field(description="The alert.")
    until: DateTime = strawberry.field(description="In the future; it is raised again then.")


@strawberry.type(description="The alert after the change, or why it was not changed.")
class AlertPayload:
    alert: lifecycle.Alert | None = strawberry.field(description="As it stands now.", default=None)
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.input(description="Silences alerts for a while.")
class SnoozeAlertsInput:
    ids: list[strawberry.ID] = strawberry.field(description=f"The alerts, 1 to {AT_ONCE_MAX}.")
    until: DateTime = strawberry.field(description="In the future; they are raised again then.")


@strawberry.type(description="The alerts after the change, and why the others were not changed.")
class AlertsPayload:
    alerts: list[lifecycle.Alert] = strawberry.field(
        description="Those that were changed, as they stand now, in the order of `ids`.",
        default_factory=list,
    )
    applied: int = strawberry.field(description="How many were changed.", default=0)
    cursor: Cursor | None = strawberry.field(
        description="The last change's place in the event log; null when there was none.",
        default=None,
    )
    user_errors: list[UserError] = strawberry.field(
        description="One for each that was not changed; `field` has its index in `ids`.",
        default_factory=list,
    )


@strawberry.type(description="What a check of all items did.")
class CheckAlertsPayload:
    checked: int = strawberry.field(description="How many items were looked at.", default=0)
    raised: int = strawberry.field(
        description="How many alerts were raised or got worse.", default=0
    )
    resolved: int = strawberry.field(description="How many alerts ended.", default=0)
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


AlertId = Annotated[strawberry.ID, strawberry.argument("The alert.")]
AlertIds = Annotated[list[strawberry.ID], strawberry.argument(f"1 to {AT_ONCE_MAX}.")]


@strawberry.type
class AlertMutations:
    @mutation(
        Rule.USER,
        CheckAlertsPayload,
        "Compare every item with its alert and make them agree, as the schedule does.",
    )
    async def check_alerts(self, info: Info) -> CheckAlertsPayload:
        result = await info.context.services.of(Alerts).check(info.context.sees_admins)
        return CheckAlertsPayload(
            checked=result.checked, raised=result.raised, resolved=result.resolved
        )

    @mutation(Rule.USER, AlertPayload, "Take care of an alert: silent until it gets worse.")
    async def acknowledge_alert(self, info: Info, id: AlertId) -> AlertPayload:
        viewer = info.context.signed_in
        return _payload(
            await info.context.services.of(Alerts).acknowledge(
                required_id(id), viewer.user_id, viewer.sees_admins
            )
        )

    @mutation(
        Rule.USER,
        AlertsPayload,
        "Take care of many alerts at once, as `acknowledgeAlert`. Those that cannot be are told; "
        "the others are done, in one transaction.",
    )
    async def acknowledge_alerts(self, info: Info, ids: AlertIds) -> AlertsPayload:
        viewer = info.context.signed_in
        return _many(
            await info.context.services.of(Alerts).acknowledge_many(
                _ids(ids), viewer.user_id, viewer.sees_admins
            )
        )

    @mutation(Rule.USER, AlertsPayload, "Silence many alerts at once, as `snoozeAlert`.")
    async def snooze_alerts(
        self,
        info: Info,
        input: Annotated[SnoozeAlertsInput, strawberry.argument("Which alerts, and how long.")],
    ) -> AlertsPayload:
        viewer = info.context.signed_in
        return _many(
            await info.context.services.of(Alerts).snooze_many(
                _ids(input.ids, "input"), input.until, viewer.user_id, viewer.sees_admins
            ),
            "input",
        )

    @mutation(Rule.USER, AlertsPayload, "End many alerts by hand, as `resolveAlert`.")
    async def resolve_alerts(self, info: Info, ids: AlertIds) -> AlertsPayload:
        viewer = info.context.signed_in
        return _many(
            await info.context.services.of(Alerts).resolve_many(
                _ids(ids), viewer.user_id, viewer.sees_admins
            )
        )

    @mutation(Rule.USER, AlertPayload, "Silence an alert until a moment, or until it gets worse.")
    async def snooze_alert(
        self,
        info: Info,
        input: Annotated[SnoozeAlertInput, strawberry.argument("Which alert, and how long.")],
    ) -> AlertPayload:
        viewer = info.context.signed_in
        return _payload(
            await info.context.services.of(Alerts).snooze(
                required_id(input.id), input.until, viewer.user_id, viewer.sees_admins
            )
        )

    @mutation(
        Rule.USER,
        AlertPayload,
        "End an alert by hand. While its cause lasts, the next check raises it anew: to be left "
        "alone, snooze it.",
    )
    async def resolve_alert(self, info: Info, id: AlertId) -> AlertPayload:
        viewer = info.context.signed_in
        return _payload(
            await info.context.services.of(Alerts).resolve(
                required_id(id), viewer.user_id, viewer.sees_admins
            )
        )


def _ids(ids: list[strawberry.ID], *within: str) -> list[int]:
    """Bounded before they are read. Raises InvalidInput, BadRequest."""
    if not 1 <= len(ids) <= AT_ONCE_MAX:
        words = said(
            "From 1 to {most} alerts at once, not {count}.", most=AT_ONCE_MAX, count=len(ids)
        )
        raise InvalidInput(words, (*within, "ids"))
    return [required_id(alert_id) for alert_id in ids]


def _many(result: ManyResult, *within: str) -> AlertsPayload:
    return AlertsPayload(
        alerts=result.alerts,
        applied=len(result.alerts),
        cursor=None if result.cursor is None else Cursor(result.cursor),
        user_errors=[
            user_error(refusal, [*within, "ids", str(index)]) for index, refusal in result.refusals
        ],
    )


def _payload(result: AlertResult) -> AlertPayload:
    return AlertPayload(alert=result.alert, cursor=Cursor(result.cursor))


FACE = Face(mutations=AlertMutations)
