"""Which operations may be answered with what was kept, and for whom their answers are.

A query's answer may be kept if every field that it selects is an attribute of the object at hand,
or was declared `kept` where it is defined: it then tells the context what it depends on in the log,
for itself and for what it hands on. One other field, and the operation is answered anew each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.engine.execution import Plan
from graphql_api.engine.personal import PERSONAL
from graphql_api.engine.plain_fields import plain_of

KEPT = "kept"  # the key in a field's metadata
LOOKED_AT_MAX = 1_000  # operations; as many as documents are kept


class Keeping(NamedTuple):
    """How an operation's answers are kept. is_personal: for each user by themselves; else for each
    role. reads: whether it asks for anything at all. operation: a digest of it and its document."""

    is_personal: bool
    reads: bool
    operation: bytes


class _NotKept(Exception):
    """A field is not declared."""


class Keepings:
    """Of the operations of one schema, each looked at once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        # By the operation's node, which is held here, so that its id is nobody else's.
        self._known: dict[int, tuple[OperationDefinitionNode, Keeping | None]] = {}

    def of(self, plan: Plan) -> Keeping | None:
        """None: it is answered anew each time."""
        known = self._known.get(id(plan.operation))
        if known is None or known[0] is not plan.operation:
            if len(self._known) >= LOOKED_AT_MAX:
                self._known.clear()
            known = plan.operation, self._look_at(plan)
            self._known[id(plan.operation)] = known
        return known[1]

    def _look_at(self, plan: Plan) -> Keeping | None:
        document, root = plan.prepared.document, self._schema.query_type
        if not plan.is_query or document is None or root is None:
            return None
        try:
            metadata = [*_Walk(self._schema, document).fields(root, plan.operation)]
        except _NotKept:
            return None
        is_personal = any(one.get(PERSONAL) for one in metadata)
        return Keeping(is_personal, bool(metadata), _digest(document, plan.operation))


def _digest(document: DocumentNode, operation: OperationDefinitionNode) -> bytes:
    """Of the text as it was sent, and the operation's name in it."""
    assert document.loc is not None, "a plan's document was parsed"
    text = document.loc.source.body.encode("utf-8", "surrogatepass")
    name = operation.name.value.encode() if operation.name else b""
    return blake2b(b"%d %s%s" % (len(name), name, text), digest_size=32).digest()


class _Walk:
    """Over the selections of one operation, each fragment once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._spread: set[str] = set()

    def fields(
        self, root: GraphQLObjectType, operation: OperationDefinitionNode
    ) -> Iterator[Mapping[str, Any]]:
        """The metadata of the fields that it selects. Raises _NotKept."""
        waiting: list[tuple[Any, Any]] = [(root, operation.selection_set)]
        while waiting:
            parent, selections = waiting.pop()
            for node in selections.selections:
                match node:
                    case FragmentSpreadNode():
                        if node.name.value not in self._spread:
                            self._spread.add(node.name.value)
                            fragment = self._fragments[node.name.value]
                            kind = self._schema.type_map[fragment.type_condition.name.value]
                            waiting.append((kind, fragment.selection_set))
                    case InlineFragmentNode():
                        on = node.type_condition
                        kind = self._schema.type_map[on.name.value] if on else parent
                        waiting.append((kind, node.selection_set))
                    case FieldNode() if node.name.value != "__typename":
                        for definition in self._definitions(parent, node.name.value):
                            yield _metadata(definition)
                            if node.selection_set:
                                kind = get_named_type(definition.type)
                                waiting.append((kind, node.selection_set))

    def _definitions(self, parent: GraphQLNamedType, name: str) -> list[GraphQLField]:
        """The field, of each type that an object at this place may have. Raises _NotKept for what
        asks about the schema itself, which is no type's."""
        kinds: Any = (
            self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        )
        if any(name not in kind.fields for kind in kinds):
            raise _NotKept
        return [kind.fields[name] for kind in kinds]


def is_declared(definition: GraphQLField) -> bool:
    """Whether the field is declared `kept`."""
    return bool(_metadata_of(definition).get(KEPT))


def _metadata_of(definition: GraphQLField) -> Mapping[str, Any]:
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    metadata: Mapping[str, Any] = getattr(field, "metadata", None) or {}
    return metadata


def _metadata(definition: GraphQLField) -> Mapping[str, Any]:
    """Raises _NotKept."""
    if not is_declared(definition) and not plain_of(definition)[0]:
        raise _NotKept
    return _metadata_of(definition)
