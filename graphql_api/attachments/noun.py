"""Attachments, as process.py takes them in."""

from __future__ import annotations

from collections.abc import Iterable

from graphql_api.attachments.attachments import Attachments
from graphql_api.attachments.examination import Examination
from graphql_api.attachments.facts import ADD_INPUT, ADDED, FACTS
from graphql_api.attachments.stores import store_of
from graphql_api.attachments.sweeping import Sweep
from graphql_api.attachments.uploads import Uploads
from graphql_api.services import Noun, Services, Tidy


def _use_cases(services: Services) -> None:
    settings = services.settings
    store = store_of(settings, services.database.file)
    attachments = services.add(
        Attachments(
            services.reading,
            services.writer,
            settings.attachments_per_item_max,
            settings.attachments_bytes_max,
        )
    )
    examination = Examination(settings.attachment_pixels_max, settings.attachment_bytes_max)
    services.add(Uploads(attachments, examination, store, settings.attachment_bytes_max))
    services.add(Sweep(services.writer, services.clock, store))


def _tidying(services: Services) -> Iterable[Tidy]:
    return [services.of(Sweep).run]


NOUN = Noun(
    name="attachments",
    facts=FACTS,
    kinds=(ADD_INPUT, ADDED),
    use_cases=_use_cases,
    tidying=_tidying,
)
