"""An operation's variables with a short way for values that are what they should be.

graphql-core looks a variable's type up, walks its value to see how deep it is, and asks of every
field of every input what kind of type it has: with each request again, a fifth of what a small
mutation costs. Here each type is looked at once. What is unusual (a wrong value, a list of one
without brackets, a type within itself) takes graphql-core's way, which has the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

from graphql_api.values import INT32_MAX

Read = Callable[[Any], Any]

READ = "graphql_api.read"  # where an input type remembers its reader
REQUIRED = object()  # stands for what counts without a value, where nothing does


class Unusual(Exception):
    """A value, or a type, is not what the short way is for."""


class _Variable(NamedTuple):
    """absent: what counts without a value; Undefined: it is then absent, too."""

    signature: GraphQLVariableSignature
    read: Read
    absent: Any


class Variables:
    """Reads the variables of one operation. They are looked at when first read: many operations
    are executed once and never again."""

    __slots__ = ("_all", "_operation", "_schema")

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._operation = operation
        self._all: list[_Variable] | None = None

    def read(self, given: Mapping[str, Any]) -> VariableValues | None:
        """The values as graphql-core has them; None: it has to look at them itself."""
        sources: dict[str, Any] = {}
        coerced: dict[str, Any] = {}
        if self._all is None:
            self._all = self._looked_at()
        if not self._all and self._operation.variable_definitions:
            return None
        try:
            for signature, read, absent in self._all:
                name = signature.name
                value = given.get(name, Undefined)
                if value is Undefined:
                    if absent is REQUIRED:
                        return None
                    sources[name] = VariableValueSource(signature)
                    if absent is not Undefined:
                        coerced[name] = absent
                else:
                    sources[name] = VariableValueSource(signature, value)
                    coerced[name] = read(value)
        except Exception:
            return None
        return VariableValues(sources, coerced)

    def _looked_at(self) -> list[_Variable]:
        """All of them; [] when there are none, or one is unusual."""
        try:
            return [
                _variable(get_variable_signature(self._schema, definition))
                for definition in self._operation.variable_definitions or ()
            ]
        except Exception:  # graphql-core's way tells what is wrong, if anything is
            return []


def _variable(signature: Any) -> _Variable:
    if not isinstance(signature, GraphQLVariableSignature):
        raise Unusual
    absent: Any = Undefined
    if signature.default is not None:
        absent = coerce_default_value(signature)
    elif isinstance(signature.type, GraphQLNonNull):
        absent = REQUIRED
    return _Variable(signature, _reader(signature.type, ()), absent)


def _reader(kind: Any, within: tuple[Any, ...]) -> Read:
    """Reads values of an input type. within: the types that it is a part of."""
    if isinstance(kind, GraphQLNonNull):
        return _reader_of_some(kind.of_type, within)
    read = _reader_of_some(kind, within)
    return lambda value: None if value is None else read(value)


def _reader_of_some(kind: Any, within: tuple[Any, ...]) -> Read:
    """The same, but for null, at which it raises."""
    if isinstance(kind, GraphQLList):
        return _list_reader(_reader(kind.of_type, within))
    if isinstance(kind, GraphQLInputObjectType):
        if kind in within:
            raise Unusual
        known: Read | None = kind.extensions.get(READ)
        if known is None:
            known = kind.extensions[READ] = _object_reader(kind, (*within, kind))
        return known
    return _leaf_reader(kind)


def _list_reader(read: Read) -> Read:
    def read_all(values: Any) -> list[Any]:
        if type(values) is not list:
            raise Unusual
        return [read(value) for value in values]

    return read_all


def _object_reader(kind: GraphQLInputObjectType, within: tuple[Any, ...]) -> Read:
    out = None if kind.out_type is GraphQLInputObjectType.out_type else kind.out_type
    readers = {
        name: (field.out_name or name, _reader(field.type, within))
        for name, field in kind.fields.items()
    }
    required = {name for name, field in kind.fields.items() if is_required_input_field(field)}
    absent = {
        readers[name][0]: value
        for name, field in kind.fields.items()
        if name not in required and (value := coerce_default_value(field)) is not Undefined
    }

    def read(given: Any) -> Any:
        if type(given) is not dict or not required <= given.keys():
            raise Unusual
        if kind.is_one_of and (len(given) != 1 or None in given.values()):
            raise Unusual
        coerced = absent.copy()
        for name, value in given.items():
            out_name, read_field = readers[name]  # KeyError: there is no such field
            coerced[out_name] = read_field(value)
        return coerced if out is None else out(coerced)

    return read


def _leaf_reader(leaf: Any) -> Read:
    """The leaf's coercion, with its most common case first."""
    general: Read = leaf.coerce_input_value

    def read(value: Any) -> Any:
        coerced = general(value) if value is not None else Undefined
        if coerced is Undefined:
            raise Unusual
        return coerced

    if leaf is GraphQLString:
        return lambda value: value if type(value) is str else read(value)
    if leaf is GraphQLBoolean:
        return lambda value: value if type(value) is bool else read(value)
    if leaf is GraphQLInt:
        return lambda value: (
            value if type(value) is int and -INT32_MAX <= value <= INT32_MAX else read(value)
        )
    return read
