"""Labels, as process.py takes them in."""

from __future__ import annotations

from graphql_api.labels.labels import Labels
from graphql_api.services import Noun, Services


def _use_cases(services: Services) -> None:
    settings = services.settings
    services.add(Labels(services.reading, settings.currency, settings.label_font))


NOUN = Noun(name="labels", use_cases=_use_cases)
