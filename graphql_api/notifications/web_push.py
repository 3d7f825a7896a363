"""Whether Web Push can be sent from here, and what sends it.

The libraries (the extra `push`) are loaded when they are first needed: they take a third of a
second, which no command without push should wait for, and may not be installed.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql_api.notifications.push_service import WebPush

LIBRARIES = ("pywebpush", "py_vapid", "aiohttp")


def is_installed() -> bool:
    """Whether pushes can be sent from here."""
    return all(importlib.util.find_spec(name) is not None for name in LIBRARIES)


def library() -> type[WebPush]:
    """What encrypts, signs and sends. Call it only when it is installed."""
    module = importlib.import_module("graphql_api.notifications.push_service")
    service: type[WebPush] = module.WebPush
    return service
