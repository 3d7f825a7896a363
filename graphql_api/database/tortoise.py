"""What Tortoise's own program reads: `tortoise makemigrations` (docs/extending.md, "A migration").

Named in pyproject.toml. Migrations are applied by `python -m graphql_api migrate`, which lets one
process at a time do it and makes each whole or not at all; Tortoise's own `migrate` does neither.
"""

from __future__ import annotations

from typing import Any

from graphql_api.database.database import Database
from graphql_api.settings import read_settings


def __getattr__(name: str) -> Any:
    """TORTOISE_ORM: our models, our migrations, and the database of our settings. Made when it is
    asked for: an import does no work."""
    if name == "TORTOISE_ORM":
        return Database(read_settings().database_url).tortoise_config()
    raise AttributeError(name)
