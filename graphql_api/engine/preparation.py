"""From a query text to a document that may be executed: parsed, validated and measured once.

Prepared documents are kept, least recently used first out, bounded in number and in text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graphql_api.engine.errors import (
    invalid,
    limit_error,
    public_error,
    public_errors,
    without_suggestions,
)
from graphql_api.engine.executor import Ready, Selections
from graphql_api.engine.limits import DocumentMeasure, measure
from graphql_api.engine.scan import count_values, excess
from graphql_api.engine.sharing import Shape
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.settings import Settings

DOCUMENTS_MAX = 1_000
ERRORS_MAX = 5  # of one document that are told
GUESSED_MAX = 2  # errors with guesses at what was meant
GUESSED_CHARACTERS_MAX = 2_000  # of a document: for the guesses it is validated once more
CHARACTERS_PER_WORK = 4  # what a new document costs beside its answer: see operations/rate.py
VALUES_MAX = 5_000  # in variables; a batch of 250 lines has about 2,000, a full filter 4,000
VALUES_PER_WORK = 10  # coercing one and making a filter of it takes about 2 µs
CHARACTERS_MAX = 4_000_000  # of all kept documents together: about 100 MB as syntax trees


Charge = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document. errors: why it may not be executed; then document may be None (syntax).

    selections: what its executions find out about it; None where that hangs on variables.
    operations: those that were asked for, by name; None: the only one. ready: those that were
    executed, likewise; shapes: how the events of its subscriptions look.
    """

    document: DocumentNode | None
    errors: list[GraphQLError]
    measure: DocumentMeasure | None
    reads_head: bool
    selections: Selections | None = None
    operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)
    ready: dict[str | None, Ready] = field(default_factory=dict)
    shapes: dict[str | None, Shape] = field(default_factory=dict)

    def cost(self, operation_name: str | None, variables: Mapping[str, Any] | None) -> int:
        """What one operation costs with these variables; 0 when there is no such operation."""
        costs = self.measure.costs if self.measure else {}
        if operation_name is None and len(costs) == 1:
            (cost,) = costs.values()
        else:
            found = costs.get(operation_name)
            if found is None:
                return 0
            cost = found
        return cost.given(variables or {})


class Documents:
    """Prepares documents of one schema under one set of limits."""

    def __init__(self, schema: GraphQLSchema, limits: Settings, vocabulary: Vocabulary) -> None:
        self.limits = limits
        self._schema = schema
        self._vocabulary = vocabulary
        introspection = [NoSchemaIntrospectionCustomRule] if limits.is_production else []
        self._rules = (
            *specified_rules,
            *vocabulary.rules,
            *introspection,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
        )
        # Comparing fields that are the same anyway took most of what a document could cost.
        self._rules_of_same = tuple(
            rule for rule in self._rules if rule is not OverlappingFieldsCanBeMergedRule
        )
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def prepare(self, query: str) -> Prepared:
        """The prepared document of `query`, from memory if it was seen lately."""
        prepared = self._kept.get(query)
        if prepared is not None:
            self._kept.move_to_end(query)
            return prepared
        prepared = self._prepare(query)
        if len(query) <= self.limits.document_characters_max:
            self._keep(query, prepared)
        return prepared

    def told(self, errors: Sequence[GraphQLError]) -> list[GraphQLError]:
        """An operation's errors, as clients may see them."""
        public = public_errors(errors)
        return without_suggestions(public) if self.limits.is_production else public

    def check_cost(
        self, prepared: Prepared, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> tuple[int, GraphQLError | None]:
        """The operation's cost, and the error if it is too much."""
        cost = prepared.cost(operation_name, variables)
        if cost <= self.limits.cost_max:
            return cost, None
        message = f"The operation costs {cost}; at most {self.limits.cost_max} may be."
        return cost, limit_error(f"{message} Ask for smaller pages.")

    def _prepare(self, query: str) -> Prepared:
        too_much = self._excess(query)
        if too_much is not None:
            return Prepared(None, [limit_error(too_much)], None, False)
        try:
            document = parse(query, max_tokens=self.limits.document_tokens_max, no_location=False)
        except GraphQLError as error:
            return Prepared(None, [public_error(_token_limit(error))], None, False)
        except RecursionError:
            text = "The document is nested too deeply."
            return Prepared(None, [limit_error(text)], None, False)
        unknown = _not_executable(document)
        if unknown is not None:
            return Prepared(document, [invalid(unknown)], None, False)
        try:
            measured = measure(self._schema, document, self.limits, self._vocabulary.prices)
            # A document beyond the limits is not validated: that could cost more than it may.
            errors = measured.errors or [
                invalid(error) for error in self._validate(document, measured.is_same)
            ]
        except RecursionError:
            text = "The document is nested too deeply."
            return Prepared(None, [limit_error(text)], None, False)
        selections = None if _has_directives(document) else Selections.none()
        return Prepared(document, errors, measured, self._reads_head(document), selections)

    def _excess(self, query: str) -> str | None:
        """What the text has too much of to be parsed."""
        limits, count = self.limits, len(query)
        if count > limits.document_characters_max:
            most = limits.document_characters_max
            return f"The document has {count} characters; at most {most} may be."
        definitions = limits.document_operations_max + limits.document_fragments_max
        return excess(query, limits.document_tokens_max, definitions)

    def _validate(self, document: DocumentNode, is_same: bool) -> list[GraphQLError]:
        """What is wrong with the document; with guesses at what was meant where that is little.

        A guess compares a name with each that there is, and each error may print all that was
        given: 100 errors took a fifth of a second. is_same: as merging.py found.
        """
        rules = self._rules_of_same if is_same else self._rules
        errors = validate(self._schema, document, rules, ERRORS_MAX, hide_suggestions=True)
        is_short = document.loc is None or document.loc.end <= GUESSED_CHARACTERS_MAX
        if 0 < len(errors) <= GUESSED_MAX and is_short and not self.limits.is_production:
            errors = validate(self._schema, document, rules, ERRORS_MAX)
        return errors

    def _reads_head(self, document: DocumentNode) -> bool:
        """Whether any field at all has the name: too often is harmless, too seldom is not."""
        return self._vocabulary.head_field in field_names(document)

    def is_kept(self, query: str) -> bool:
        """Whether the document need not be prepared."""
        return query in self._kept

    def price(self, query: str, values: int) -> int:
        """The work of preparing `query` and coercing its variables: by its length, and nothing
        for one that is kept; by how many values they hold."""
        coercing = values // VALUES_PER_WORK
        if self.is_kept(query):
            return coercing
        characters = min(len(query), self.limits.document_characters_max)
        return characters // CHARACTERS_PER_WORK + 1 + coercing

    @staticmethod
    def values_of(variables: Mapping[str, Any] | None) -> int:
        """How many values the variables hold; more than VALUES_MAX are not counted."""
        return count_values(variables, VALUES_MAX) if variables else 0

    @staticmethod
    def too_many_values() -> list[GraphQLError]:
        """The error of variables with more than VALUES_MAX."""
        text = f"The variables hold more than {VALUES_MAX} values, those in lists included."
        return [limit_error(text)]

    def _keep(self, query: str, prepared: Prepared) -> None:
        self._kept[query] = prepared
        self._characters += len(query)
        while len(self._kept) > DOCUMENTS_MAX or self._characters > CHARACTERS_MAX:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)


def no_operation(name: str | None) -> GraphQLError:
    """The document has no operation of this name; None: not exactly one operation."""
    message = (
        f"Unknown operation named {name!r}."
        if name is not None
        else "Must provide operation name: the document has several operations, or none."
    )
    return GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})


def _not_executable(document: DocumentNode) -> GraphQLError | None:
    """The error of a document that defines types: nothing of them is looked at. Its words are
    those of GraphQL's rule (section 5.1.1)."""
    for definition in document.definitions:
        if not isinstance(definition, ExecutableDefinitionNode):
            name = getattr(getattr(definition, "name", None), "value", None)
            told = "schema" if name is None else repr(name)
            return GraphQLError(f"The {told} definition is not executable.", definition)
    return None


def _token_limit(error: GraphQLError) -> GraphQLError:
    if "Document contains more than" in error.message:
        return limit_error(error.message.replace("Syntax Error: ", ""))
    return error


def field_names(document: DocumentNode) -> set[str]:
    """The names of all fields that the document selects anywhere."""
    return {node.name.value for node in _selections(document) if isinstance(node, FieldNode)}


def _has_directives(document: DocumentNode) -> bool:
    """Whether any selection has a directive, @skip or @include that is."""
    return any(node.directives for node in _selections(document))


def _selections(document: DocumentNode) -> Iterator[Any]:
    """All operations, fragments, fields and spreads of a document."""
    waiting: list[Any] = [
        definition for definition in document.definitions if hasattr(definition, "selection_set")
    ]
    while waiting:
        node = waiting.pop()
        yield node
        if getattr(node, "selection_set", None):
            waiting.extend(node.selection_set.selections)
