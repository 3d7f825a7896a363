"""Tells ADMIN when a scheduled job begins to fail, and when it works again. The scheduler calls."""

from __future__ import annotations

from graphql_api.notifications.notices import job_failed, job_recovered
from graphql_api.notifications.notifications import Notifications


class JobWatch:
    """Remembers which jobs fail in this process, so that each change is told once."""

    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications
        self._failing: set[str] = set()

    async def ended(self, name: str, error: Exception | None) -> None:
        """A run of the job `name` ended with `error`, or well."""
        if error is not None and name not in self._failing:
            self._failing.add(name)
            await self._notifications.announce_if_possible(job_failed(name, error))
        elif error is None and name in self._failing:
            self._failing.remove(name)
            await self._notifications.announce_if_possible(job_recovered(name))
