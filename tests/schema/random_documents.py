"""Random documents over a whole schema, the same ones for the same chance. For test_projection.py.

Every field may be selected, by its name or by another, alone or again, in fragments of each kind,
under @skip and @include; arguments are literals and variables, right and wrong ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from graphql_api.engine.plain_fields import plain_of

DEPTH_MAX = 6  # of 10 that the limits allow, with what fragments add
ALIASES_MAX = 12  # of 15
DIRECTIVES_MAX = 12  # of 20
FRAGMENTS_MAX = 6

Give = Callable[[random.Random], Any]


@dataclass(slots=True)
class Document:
    """A document being written. given: what to take for an argument or a field of an input, by
    its name, or its type's."""

    schema: GraphQLSchema
    chance: random.Random
    given: Mapping[str, Give]
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0
    directives: int = 0
    names: int = 0
    plain: bool = False  # one root field, no directives, and nothing that a resolver waits for

    def write(self, root: GraphQLObjectType, roots: list[str]) -> str:
        """An operation on some of these root fields."""
        most = 1 if self.plain or root is self.schema.subscription_type else 2
        chosen = self.chance.sample(roots, self.chance.randint(1, min(most, len(roots))))
        selected = " ".join(self._field(root, name, DEPTH_MAX) for name in chosen)
        kind = "subscription" if root is self.schema.subscription_type else "query"
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return " ".join([f"{kind} Q{declared} {{ {selected} }}", *self.fragments])

    def _likely(self, share: float) -> bool:
        return self.chance.random() < share

    def _name(self, beginning: str) -> str:
        self.names += 1
        return f"{beginning}{self.names}"

    def _field(self, kind: Any, name: str, depth: int) -> str:
        definition = kind.fields[name]
        arguments = self._arguments(definition)
        text = name
        # One name in the answer is one field: what has arguments, or fields, has a name of its own.
        is_leaf = is_leaf_type(get_named_type(definition.type))
        is_root = kind in (self.schema.query_type, self.schema.subscription_type)
        if (arguments and not is_root) or (self._likely(0.2) and self.aliases < ALIASES_MAX):
            self.aliases += 1
            text = f"{self._name('a')}: {name}"
        text += arguments + ("" if kind is self.schema.subscription_type else self._directive())
        return text if is_leaf else f"{text} {self._selection(definition.type, depth - 1)}"

    def _directive(self) -> str:
        if self.plain or self.directives >= DIRECTIVES_MAX or not self._likely(0.12):
            return ""
        self.directives += 1
        value = self.chance.choice([True, False])
        told = json.dumps(value)
        if self._likely(0.5):
            name = self._name("d")
            self.declared.append(f"${name}: Boolean!")
            self.variables[name] = value
            told = f"${name}"
        return f" @{self.chance.choice(['skip', 'include'])}(if: {told})"

    def _selection(self, of: Any, depth: int) -> str:
        kind: Any = get_named_type(of)
        selected = []
        for name in self._chosen(kind, depth):
            selected.append(self._field(kind, name, depth))
            if self._likely(0.05) and is_leaf_type(get_named_type(kind.fields[name].type)):
                selected.append(name if not kind.fields[name].args else "__typename")
        if self._likely(0.15) or not selected:
            selected.append("__typename")
        if isinstance(kind, GraphQLInterfaceType) and depth > 0:
            shown = self.chance.choice(self.schema.get_possible_types(kind))
            selected.append(f"... on {shown.name} {self._selection(shown, depth - 1)}")
        return f"{{ {self._wrapped(kind, ' '.join(selected))} }}"

    def _chosen(self, kind: Any, depth: int) -> list[str]:
        names = [
            name
            for name, one in kind.fields.items()
            if (depth > 0 or is_leaf_type(get_named_type(one.type)))
            and (self.aliases < ALIASES_MAX or not one.args)
            and (not self.plain or plain_of(one).get is not None)
        ]
        return self.chance.sample(names, min(len(names), self.chance.randint(1, 6)))

    def _wrapped(self, kind: Any, text: str) -> str:
        """A selection as it is, or in a fragment, whole or twice."""
        if self._likely(0.1) and len(self.fragments) < FRAGMENTS_MAX:
            name = self._name("F")
            self.fragments.append(f"fragment {name} on {kind.name} {{ {text} }}")
            return f"...{name}{self._directive()} " * self.chance.choice([1, 1, 2])
        if self._likely(0.1):
            return f"... on {kind.name}{self._directive()} {{ {text} }} __typename"
        if self._likely(0.05):
            return f"...{self._directive()} {{ {text} }} __typename"
        return text

    def _arguments(self, definition: Any) -> str:
        told = []
        for name, argument in definition.args.items():
            if not is_required_argument(argument) and not self._likely(0.25):
                continue
            if name in ("last", "before") and not self._likely(0.2):
                continue  # together with the others they are refused
            value = self._value(argument.type, name)
            variable = self._name("v")
            self.declared.append(f"${variable}: {argument.type}")
            self.variables[variable] = value
            told.append(f"{name}: ${variable}")
        return f"({', '.join(told)})" if told else ""

    def _value(self, kind: Any, name: str) -> Any:
        """A value of an input type, as JSON."""
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        elif self._likely(0.05):
            return None
        if isinstance(kind, GraphQLList):
            return [self._value(kind.of_type, name) for _ in range(self.chance.randint(0, 2))]
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind)
        if isinstance(kind, GraphQLEnumType):
            return self.chance.choice(list(kind.values))
        give = self.given.get(name) or self.given[kind.name]
        return give(self.chance)

    def _input(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        if kind.is_one_of:
            name = self.chance.choice(list(kind.fields))
            return {name: self._value(GraphQLNonNull(kind.fields[name].type), name)}
        return {
            name: self._value(one.type, name)
            for name, one in kind.fields.items()
            if is_required_input_field(one) or self._likely(0.25)
        }
