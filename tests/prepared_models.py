"""Tortoise's preparation of our models, once for each kind of database and not for each test.

Whenever a database is opened, Tortoise works out anew what follows from the models: their filters
and first queries. That is a third of the CPU of opening one and more, and the tests open thousands,
of both kinds in turn.
"""

from __future__ import annotations

from typing import Any

from tortoise.apps import Apps
from tortoise.models import Model

# What Tortoise's models know of the database they are in. It fills the first four where they are.
FILLED = {
    "filters": dict,
    "db_native_fields": list,
    "db_default_fields": list,
    "db_complex_fields": list,
}
OF_A_KIND = (*FILLED, "basetable", "basequery", "basequery_all_fields")


def prepare_models_once() -> None:
    """From now on, in this process. Called once, by conftest.py.

    Leans on `Apps._build_initial_querysets`, and on that it alone gives our models what is of the
    kind of a database. A migration's own models are prepared as ever.
    """
    build = Apps._build_initial_querysets
    prepared: dict[object, list[dict[str, Any]]] = {}

    def built(apps: Apps) -> None:
        models: list[type[Model]] = [model for app in apps.apps.values() for model in app.values()]
        are_ours = all(model.__module__.startswith("graphql_api.") for model in models)
        if not models or not are_ours:
            build(apps)
            return
        kind = (type(models[0]._meta.db), tuple(models))
        if kind not in prepared:
            for model in models:
                for name, empty in FILLED.items():
                    setattr(model._meta, name, empty())
            build(apps)
            prepared[kind] = [
                {name: getattr(model._meta, name) for name in OF_A_KIND} for model in models
            ]
        for model, of_a_kind in zip(models, prepared[kind], strict=True):
            for name, value in of_a_kind.items():
                setattr(model._meta, name, value)

    Apps._build_initial_querysets = built  # type: ignore[method-assign, assignment]
