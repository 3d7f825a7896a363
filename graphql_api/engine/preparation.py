"""From a query text to a document that may be executed: parsed, validated and measured once.

Prepared documents are kept, least recently used first out, bounded in number and in text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
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
from graphql_api.engine.executor import Selections
from graphql_api.engine.limits import DocumentMeasure, measure
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.settings import Settings

DOCUMENTS_MAX = 1_000
ERRORS_MAX = 5  # of one document that are told
GUESSED_MAX = 2  # errors with guesses at what was meant
CHARACTERS_PER_WORK = 4  # what a new document costs beside its answer: see operations/rate.py
CHARACTERS_MAX = 4_000_000  # of all kept documents together: about 100 MB as syntax trees


Charge = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document. errors: why it may not be executed; then document may be None (syntax).

    selections: what its executions find out about it; None where that hangs on variables.
    """

    document: DocumentNode | None
    errors: list[GraphQLError]
    measure: DocumentMeasure | None
    reads_head: bool
    selections: Selections | None = None

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
        limit = self.limits.document_characters_max
        if len(query) > limit:
            text = f"The document has {len(query)} characters; at most {limit} may be."
            return Prepared(None, [limit_error(text)], None, False)
        try:
            document = parse(query, max_tokens=self.limits.document_tokens_max, no_location=False)
        except GraphQLError as error:
            return Prepared(None, [public_error(_token_limit(error))], None, False)
        except RecursionError:
            text = "The document is nested too deeply."
            return Prepared(None, [limit_error(text)], None, False)
        try:
            measured = measure(self._schema, document, self.limits, self._vocabulary.prices)
            # A document beyond the limits is not validated: that could cost more than it may.
            errors = measured.errors or [invalid(error) for error in self._validate(document)]
        except RecursionError:
            text = "The document is nested too deeply."
            return Prepared(None, [limit_error(text)], None, False)
        selections = None if _has_directives(document) else Selections.none()
        return Prepared(document, errors, measured, self._reads_head(document), selections)

    def _validate(self, document: DocumentNode) -> list[GraphQLError]:
        """What is wrong with the document; with guesses at what was meant where that is little.

        A guess compares a name with each that there is, and each error may print all that was
        given: 100 errors took a fifth of a second.
        """
        rules = self._rules
        errors = validate(self._schema, document, rules, ERRORS_MAX, hide_suggestions=True)
        if 0 < len(errors) <= GUESSED_MAX and not self.limits.is_production:
            errors = validate(self._schema, document, rules, ERRORS_MAX)
        return errors

    def _reads_head(self, document: DocumentNode) -> bool:
        """Whether any field at all has the name: too often is harmless, too seldom is not."""
        return self._vocabulary.head_field in field_names(document)

    def price(self, query: str) -> int:
        """The work of preparing `query`: by its length, and little for one that is kept."""
        if query in self._kept:
            return 0
        return min(len(query), self.limits.document_characters_max) // CHARACTERS_PER_WORK + 1

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
