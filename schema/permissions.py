"""Who may use which field. Every root field has a rule; a field without one fails a test.

Queries and subscriptions answer a missing role with an error (code FORBIDDEN), mutations with
a `userErrors` entry. Without a session both answer UNAUTHENTICATED. Fields of objects are open
to whoever may read the object; the exceptions are in FIELD_RULES, and hide by null.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension

from graphql_api.accounts.failures import Failure, Failures
from graphql_api.accounts.roles import Role
from graphql_api.engine.keeping import KEPT
from graphql_api.errors import AccessDenied, Forbidden, Refusal
from graphql_api.said import said
from schema.context import Context
from schema.errors import user_errors


class Rule(Enum):
    """Who may use a root field."""

    ANYONE = None
    VIEWER = Role.VIEWER
    USER = Role.USER
    ADMIN = Role.ADMIN

    def allows(self, context: Context) -> bool:
        """Whether the viewer may. Raises Unauthenticated when nobody is signed in."""
        if self.value is None:
            return True
        return context.signed_in.role.includes(self.value)


# Fields of objects that not every reader of the object sees; for the others they are null.
# (User's email and role, which the contract makes non-null, are masked: see schema/accounts.py.)
FIELD_RULES = {("InventoryItem", "cost"): Role.ADMIN}

RULE = "rule"  # the key of a field's rule in its metadata


def _note(info: Any) -> None:
    """Tell whoever runs the server that somebody's role did not reach."""
    context: Context = info.context
    context.services.of(Failures).note(
        Failure.FORBIDDEN, context.client, context.signed_in.user_id, info.field_name
    )


def _words(rule: Rule) -> str:
    return said("Your role does not allow this: it needs {role}.", role=rule.name)


def _denied(rule: Rule, info: Any) -> AccessDenied:
    _note(info)
    return AccessDenied(_words(rule))


class _Guarded(FieldExtension):
    """Judges the rule before the resolver runs."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:
        if not self.rule.allows(info.context):
            raise _denied(self.rule, info)
        return next_(source, info, **kwargs)

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        if not self.rule.allows(info.context):
            raise _denied(self.rule, info)
        return await next_(source, info, **kwargs)


class _GuardedMutation(FieldExtension):
    """Judges the rule, and tells refusals as the payload's userErrors."""

    def __init__(self, rule: Rule, payload: Callable[..., Any]) -> None:
        self.rule = rule
        self.payload = payload

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        try:
            if not self.rule.allows(info.context):
                raise Forbidden(_words(self.rule))
            return await next_(source, info, **kwargs)
        except Refusal as refusal:
            if isinstance(refusal, Forbidden):  # by the rule, or by what was to be done
                _note(info)
            return self.payload(user_errors=user_errors(refusal))


Decorator = Callable[[Callable[..., Any]], Any]


def query(
    rule: Rule, description: str, *, name: str | None = None, kept: bool = False
) -> Decorator:
    """A field of Query. name: the field's, if it is not the method's. kept: its answers may be, see
    `computed` (schema/faces.py)."""
    decorator: Decorator = strawberry.field(
        name=name,
        description=description,
        metadata={RULE: rule, KEPT: kept},
        extensions=[_Guarded(rule)],
    )
    return decorator


def mutation(rule: Rule, payload: Callable[..., Any], description: str) -> Decorator:
    """A field of Mutation. `payload` can be made with `user_errors` alone."""
    decorator: Decorator = strawberry.mutation(
        description=description,
        metadata={RULE: rule},
        extensions=[_GuardedMutation(rule, payload)],
    )
    return decorator


def plain_mutation(rule: Rule, description: str) -> Decorator:
    """A field of Mutation whose result has no room for userErrors."""
    decorator: Decorator = strawberry.mutation(
        description=description, metadata={RULE: rule}, extensions=[_Guarded(rule)]
    )
    return decorator


def subscription(rule: Rule, description: str) -> Decorator:
    """A field of Subscription. Its events are judged again, one by one, when delivered."""
    decorator: Decorator = strawberry.subscription(
        description=description, metadata={RULE: rule}, extensions=[_Guarded(rule)]
    )
    return decorator
