"""Audiences: which roles may see an event, as a bit mask that is stored with it.

The mask is judged when the event is delivered, against the role as it is then.
"""

from __future__ import annotations

from graphql_api.events.log import Event, Facts
from graphql_api.kernel.codec import Fact, Kind

ROLE_BITS = {"ADMIN": 1, "USER": 2, "VIEWER": 4}
EVERYONE = 7
ADMINS = 1
NOBODY = 0  # for the servers themselves

TOPIC = "audience"
RESTRICTED = "RESTRICTED"  # the earlier events of the same subject got a narrower audience


class Restricted(Fact):
    """What the mask of the earlier events of the same subject is now."""

    roles: int


RESTRICTED_TOLD = Kind("event audience RESTRICTED", Restricted)
FACTS: Facts = {(TOPIC, RESTRICTED): RESTRICTED_TOLD}


def may_see(roles: int, user_id: int | None, role_bit: int, viewer_id: int) -> bool:
    """Whether a viewer of role `role_bit` may see an event for `roles` or for `user_id`."""
    return bool(roles & role_bit) or (user_id is not None and user_id == viewer_id)


def narrowed_to(notice: Event) -> int | None:
    """The mask that an audience event gives to the earlier events of its subject; None: it
    cannot be read, so it is not known for whom they are."""
    told = notice.payload
    return told.roles if isinstance(told, Restricted) else None
