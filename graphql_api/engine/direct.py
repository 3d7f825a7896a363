"""Resolvers called directly: what Strawberry finds out with each call is found out once.

Between graphql-core and a resolver it looks through the resolver's parameters, spells each
argument's name, walks each argument's type and folds up the field's extensions, all of which is
the same with every call. Here a field has a function that knows. Values of input types are still
made by Strawberry's own conversion.

And arguments that are null where the resolver takes None for absent ones are left out: most
arguments of a list are absent from most queries.

Private parts of Strawberry: GraphQLCoreConverter.DEFINITION_BACKREF, a field's `base_resolver`,
its special parameters, `build_field_extension_resolvers`, `convert_argument`, `_is_leaf_type`,
`from_input` of a definition.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import build_field_extension_resolvers
from strawberry.relay.types import GlobalID
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import InputContext, _is_leaf_type, convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

Resolve = Callable[..., Any]


class _Argument(NamedTuple):
    """parameter: the resolver's; convert: None: the value is handed on as it is. is_optional: null
    says nothing, since None stands for its absence."""

    parameter: str
    convert: Callable[[Any, Any], Any] | None
    is_optional: bool


def call_directly(schema: GraphQLSchema, converter: GraphQLCoreConverter) -> None:
    """Have the schema's resolvers called directly, but for the subscriptions'. converter: which
    made the schema, without handlers of exceptions."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind is not schema.subscription_type:
            for definition in kind.fields.values():
                field = _resolved_by_itself(definition)
                if field is not None:
                    definition.resolve = _resolver(field, converter)


def _resolved_by_itself(definition: GraphQLField) -> StrawberryField | None:
    """The field, if it has a resolver, and no extension that reshapes its arguments."""
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(field, StrawberryField) or field.base_resolver is None:
        return None
    reshapes = any(
        type(one).map_arguments is not FieldExtension.map_arguments for one in field.extensions
    )
    return None if reshapes else field


def _resolver(field: StrawberryField, converter: GraphQLCoreConverter) -> Resolve:
    arguments, made = _arguments(field, converter), converter.config.info_class
    run = _run(field)
    if field.extensions:
        run = reduce(
            lambda inner, outer: partial(outer, inner), build_field_extension_resolvers(field), run
        )

    def converted(info: Any, given: dict[str, Any]) -> dict[str, Any]:
        told = {}
        for name, value in given.items():
            parameter, convert, is_optional = arguments[name]
            if value is not None or not is_optional:
                told[parameter] = value if convert is None else convert(value, info)
        return told

    if field.is_async:  # what its arguments raise is raised when it is awaited, as by Strawberry

        async def resolve_later(source: Any, raw: Any, **given: Any) -> Any:
            info = made(_raw_info=raw, _field=field)
            return await run(source, info, **converted(info, given))

        return resolve_later

    def resolve(source: Any, raw: Any, **given: Any) -> Any:
        info = made(_raw_info=raw, _field=field)
        return run(source, info, **converted(info, given))

    return resolve


def _run(field: StrawberryField) -> Resolve:
    """Calls the resolver with converted arguments, and with what else it asks for."""
    resolver: Any = field.base_resolver
    call: Resolve = resolver.wrapped_func
    of_source = [one.name for one in (resolver.parent_parameter, resolver.root_parameter) if one]
    of_info = [resolver.info_parameter.name] if resolver.info_parameter else []
    takes_self = bool(resolver.self_parameter)

    def run(source: Any, info: Any, **arguments: Any) -> Any:
        for name in of_source:
            arguments[name] = source
        for name in of_info:
            arguments[name] = info
        return call(source, **arguments) if takes_self else call(**arguments)

    return run


def _arguments(field: StrawberryField, converter: GraphQLCoreConverter) -> dict[str, _Argument]:
    """By their names in GraphQL."""
    resolver: Any = field.base_resolver
    parameters, config = resolver.signature.parameters, converter.config
    found = {}
    for argument in field.arguments:
        name, parameter = config.name_converter.from_argument(argument), argument.python_name
        is_optional = parameter in parameters and parameters[parameter].default is None
        kind = argument.type
        convert = None if _is_as_given(kind, converter) else _conversion(name, kind, converter)
        found[name] = _Argument(parameter, convert, is_optional)
    return found


def _is_as_given(kind: Any, converter: GraphQLCoreConverter) -> bool:
    """Whether conversion makes of a value of the type what it is already."""
    while isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
        kind = kind.of_type
    return _is_leaf_type(kind, converter.scalar_registry, (GlobalID,))


def _conversion(name: str, kind: Any, converter: GraphQLCoreConverter) -> Callable[[Any, Any], Any]:
    scalars, config = converter.scalar_registry, converter.config
    made_of = _made_of(kind)
    if made_of is not None:
        plain, build = made_of

        def build_it(value: Any, info: Any) -> Any:
            if value is None or value is UNSET:
                return value
            context = InputContext(info=info, config=config, scalar_registry=scalars, path=(name,))
            return build(plain, value, context)

        return build_it

    def convert(value: Any, info: Any) -> Any:
        return convert_argument(value, kind, scalars, config, info, path=(name,))

    return convert


def _made_of(kind: Any) -> tuple[type, Callable[[type, Any, InputContext], Any]] | None:
    """The input type that an argument is of, and what builds its values, if it builds them itself
    (`from_input`), as most do."""
    while isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
        kind = kind.of_type
    if not has_object_definition(kind):
        return None
    build = kind.__strawberry_definition__.from_input
    return None if build is None else (kind, build)
