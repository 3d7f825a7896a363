"""Tortoise's preparation of our models, once for each kind of database and not for each test.

Whenever a database is opened, Tortoise works out anew what follows from the models: their filters
and first queries. That is a third of the CPU of opening one and more, and the tests open thousands.
"""

from __future__ import annotations

from tortoise.apps import Apps
from tortoise.models import Model


def prepare_models_once() -> None:
    """From now on, in this process. Called once, by conftest.py.

    Leans on `Apps._build_initial_querysets`, and on that it alone gives our models what is of the
    kind of a database. A migration's own models are prepared as ever.
    """
    build = Apps._build_initial_querysets
    prepared: list[object] = [None]

    def built(apps: Apps) -> None:
        models: list[type[Model]] = [model for app in apps.apps.values() for model in app.values()]
        are_ours = all(model.__module__.startswith("graphql_api.") for model in models)
        if not models or not are_ours:
            build(apps)
            return
        kind = (type(models[0]._meta.db), tuple(models))
        if prepared[0] != kind:
            prepared[0] = None
            build(apps)
            prepared[0] = kind

    Apps._build_initial_querysets = built  # type: ignore[method-assign, assignment]
