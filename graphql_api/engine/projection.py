"""A subscription's event as JSON text, where all that is selected of it is plain.

Such a text hangs on nothing but the event and what is selected. It is cut into parts: a value each,
or an object that may be null, or a list. A part's text is made once for an event, whatever the
documents are that show it and whatever they call it; a document is a template that its parts' texts
are put into. So what an event costs grows by what is shown of it, and what a document costs is the
splicing. What is not plain, or goes wrong, the general way executes (execution.py).

Private part of graphql-core: `collect_fields`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType
from graphql.execution.collect_fields import collect_fields

from graphql_api.engine.executor import PlainFieldExecutor
from graphql_api.engine.leaves import NotPlain
from graphql_api.engine.plain_fields import Step
from graphql_api.engine.writers import Part, Writers

Value = Callable[[Any, str], Any]


class ToldEvent:
    """The event that was rendered last, as the value that subscriptions show of it, and the texts
    of its parts: events come to all groups one after another. One for each schema."""

    __slots__ = ("_epoch", "_event", "_made", "texts", "value")

    def __init__(self) -> None:
        self._event: Any = None
        self._epoch = ""
        self._made: Value | None = None
        self.value: Any = None
        self.texts: dict[Part, str] = {}

    def become(self, event: Any, epoch: str, made: Value) -> Any:
        """Its value, made once for all who make it by `made`. Events and states never change."""
        if event is not self._event or made is not self._made or epoch != self._epoch:
            self.value = made(event, epoch)
            self.texts = {}
            self._event, self._epoch, self._made = event, epoch, made
        return self.value


class Projection:
    """What one operation shows of an event, as text."""

    __slots__ = ("_parts", "_template", "_texts_of")

    def __init__(self, template: str, parts: list[Part]) -> None:
        """template: a `%s` for each of the parts, of which there are at least two."""
        self._template = template
        self._parts = parts
        self._texts_of = itemgetter(*parts)

    @classmethod
    def of(cls, executor: Any) -> Projection | None:
        """That of a subscription's executor; None where not all of it is plain."""
        root = executor.schema.subscription_type
        if root is None or not isinstance(executor, PlainFieldExecutor):
            return None
        fields = collect_fields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            root,
            executor.operation,
        )[0]
        if len(fields) != 1:
            return None
        ((name, details),) = fields.items()
        definition = executor.schema.get_field(root, details[0].node.name.value)
        kind = None if definition is None else _object_type(definition.type)
        if kind is None or executor.writer(kind, details) is None:
            return None
        parts: list[Part] = []
        try:
            text = "".join(_cut(executor, kind, details, "", parts))
        except NotPlain:
            return None
        return cls(f'{{"data":{{"{name}":{text}}}}}', parts)

    def text(self, told: ToldEvent) -> str:
        """The whole result. Raises what the general way has to say something of."""
        texts = told.texts
        try:
            spliced: tuple[str, ...] = self._texts_of(texts)
        except KeyError:
            for part in self._parts:
                if part not in texts:
                    texts[part] = part.text(told.value)
            spliced = self._texts_of(texts)
        return self._template % spliced


def _object_type(kind: Any) -> GraphQLObjectType | None:
    """The type of an object that must be there; None: it is something else."""
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else None
    return inner if isinstance(inner, GraphQLObjectType) else None


def _cut(
    executor: PlainFieldExecutor,
    kind: GraphQLObjectType,
    details: Any,
    path: str,
    parts: list[Part],
) -> Iterator[str]:
    """The template of an object whose whole selection is plain; its parts go to `parts`.

    path: of attributes from the event's value to the object; "": it is the value.
    """
    kept = Writers.of(executor.schema)
    parts.append(kept.part(path, kept.of_types(kind)))
    yield "{%s"
    comma = ""
    for step in executor.steps(kind, details):
        yield f'{comma}"{step.response_name}":'
        comma = ","
        yield from _cut_member(executor, kind, step, path, parts)
    yield "}"


def _cut_member(
    executor: PlainFieldExecutor,
    kind: GraphQLObjectType,
    step: Step,
    path: str,
    parts: list[Part],
) -> Iterator[str]:
    definition = executor.schema.get_field(kind, step.details[0].node.name.value)
    attribute, write = step.plain.attribute, step.plain.write
    assert definition is not None and write is not None, "the whole selection is plain"
    if not attribute:
        raise NotPlain
    at = f"{path}.{attribute}" if path else attribute
    inner = _object_type(definition.type)
    if inner is not None:
        yield from _cut(executor, inner, step.details, at, parts)
        return
    parts.append(Writers.of(executor.schema).part(at, write))
    yield "%s"
