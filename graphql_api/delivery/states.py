"""States: what is delivered beside the log. Each message is the whole state of one subject, so
only the newest counts: one that a slow socket misses is made good by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

# A subject's state changed, for the roles of this mask: those who may see it, and those who could
# until now.
StateListener = Callable[[int, int], None]


class StateInterest(NamedTuple):
    """What a subscription wants of a source's states. subjects: which; None: all."""

    topic: str
    subjects: frozenset[int] | None

    def wants(self, subject: int) -> bool:
        """Whether the subject is one of those asked for."""
        return self.subjects is None or subject in self.subjects


class StateSource(Protocol):
    """Something that has a state for each of many subjects, by number."""

    def listen(self, listener: StateListener) -> Callable[[], None]:
        """Call `listener` for each change; returns how to stop. It must not block or raise."""
        ...

    def subjects(self, role_bit: int) -> Iterable[int]:
        """Those that have any state which this role may see."""
        ...

    def state(self, subject: int, role_bit: int) -> Any:
        """The state now, as this role may see it: an empty one, if it may not."""
        ...
