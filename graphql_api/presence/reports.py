"""What the processes say to each other of presence: the forms of their messages.

They may be of different versions. Fields are only appended, with defaults: kernel/codec.py.
"""

from __future__ import annotations

from graphql_api.kernel.codec import Kind, State


class Report(State):
    """An entry, as its process has it. *_s: seconds before now; left_s None: still there;
    typing_s: for how long yet. since_us: microseconds since 1970."""

    key: str
    version: int
    user_id: int
    name: str
    session_id: int
    item_id: int
    activity: str
    typing_s: float
    since_us: int
    seen_s: float
    left_s: float | None


class Hello(State, tag="hello"):
    """Who says this wants to hear all entries again."""

    told: None = None


class Entries(State, tag="entries"):
    """These entries have changed, or are still there."""

    told: list[Report]


class LeasesChanged(State, tag="leases"):
    """The edit leases of these items have changed: they are in the database."""

    told: list[int]


Message = Hello | Entries | LeasesChanged
MESSAGE: Kind[Message] = Kind("presence message", Message)  # type: ignore[arg-type]  # a union is a form
