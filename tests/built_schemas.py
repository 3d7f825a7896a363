"""Our schema, built once for each set of limits and not for each application: that takes longer
than most tests."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any, cast

from graphql_api import app
from graphql_api.engine.schema import PreparedSchema
from graphql_api.settings import Settings
from schema import build_schema

# What a schema may read of the settings: the others it does not get, so whoever reads a further
# one is told.
LIMITS = (
    "is_production",
    "cost_max",
    "subscription_cost_max",
    *(name for name in Settings.model_fields if name.startswith("document_")),
)


def build_schemas_once() -> None:
    """From now on, in this process. Nothing of an operation stays in a schema but what was
    prepared of its document."""
    app.build_schema = built  # type: ignore[attr-defined]  # where an application finds it


def built(limits: Settings) -> PreparedSchema:
    return _built(tuple(getattr(limits, name) for name in LIMITS))


@lru_cache
def _built(values: tuple[Any, ...]) -> PreparedSchema:
    limits = SimpleNamespace(**dict(zip(LIMITS, values, strict=True)))
    return build_schema(cast(Settings, limits))
