"""What one answer depends on in the log, as those tell who read for it.

Faces tell it while they resolve (schema/kept.py); kept_answers.py asks of each later event whether
the answer still holds. What nobody told of is not kept at all (engine/keeping.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from graphql_api.delivery.audience import NOBODY
from graphql_api.events.log import Event, Facts, Unreadable
from graphql_api.kernel.codec import Fact, Kind

TOPIC = "answers"
ENDED = "ENDED"  # something changed that no event tells: what was kept of it anywhere has ended


class AnswersEnded(Fact):
    """Of all that is kept."""


ENDED_TOLD = Kind("event answers ENDED", AnswersEnded)
FACTS: Facts = {(TOPIC, ENDED): ENDED_TOLD}

ID_BYTES = 70  # of a subject in a set, about
TEST_BYTES = 500  # of a test, with the few keys that it remembers

Test = Callable[[Event], bool]


def answers_ended() -> Event:
    """To append where rows that answers show change without an event of theirs. For the servers
    alone: each process ends what it keeps."""
    return Event(TOPIC, ENDED, None, NOBODY, None, AnswersEnded())


class Dependencies:
    """Of one answer."""

    __slots__ = ("_subjects", "_tests")

    def __init__(self) -> None:
        self._subjects: dict[str, set[int]] = {}
        # Each once, in the order of their telling: the values are None.
        self._tests: dict[tuple[str, frozenset[str] | None, Test | None], None] = {}

    def on_subjects(self, topic: str, subjects: Iterable[int]) -> None:
        """Any event of these subjects ends the answer."""
        self._subjects.setdefault(topic, set()).update(subjects)

    def on(
        self, topic: str, kinds: frozenset[str] | None = None, accepts: Test | None = None
    ) -> None:
        """Events of these kinds (None: of all) that pass `accepts` (None: all) end the answer.
        accepts: a function of the event alone; what it is not sure of, it accepts."""
        self._tests[topic, kinds, accepts] = None

    def end_with(self, event: Event) -> bool:
        """Whether the event may have changed the answer."""
        topic = event.topic
        if topic == TOPIC:
            return True
        subjects = self._subjects.get(topic)
        if subjects is not None and event.subject in subjects:
            return True
        return any(
            topic == about and (kinds is None or event.kind in kinds) and _passes(accepts, event)
            for about, kinds, accepts in self._tests
        )

    @property
    def bytes(self) -> int:
        """What it takes in memory, about."""
        return ID_BYTES * sum(map(len, self._subjects.values())) + TEST_BYTES * len(self._tests)


def _passes(accepts: Test | None, event: Event) -> bool:
    return accepts is None or isinstance(event.payload, Unreadable) or accepts(event)
