"""How long the generated campaigns of this suite run: short by default, long with --long."""

from __future__ import annotations

import hypothesis
from hypothesis import HealthCheck

SHORT, LONG = "short", "long"


def register() -> None:
    """Make both profiles known. Called once, by conftest.py."""
    common = {
        "deadline": None,  # a shared machine has slow moments
        "print_blob": True,  # the seed is kept with the result
        "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    }
    hypothesis.settings.register_profile(SHORT, max_examples=100, **common)
    hypothesis.settings.register_profile(LONG, max_examples=2_000, **common)


def is_long() -> bool:
    """Whether --long was given."""
    return hypothesis.settings.get_current_profile_name() == LONG


def examples(short: int, long: int) -> hypothesis.settings:
    """Settings for a test whose examples cost more than a plain function call."""
    return hypothesis.settings(
        hypothesis.settings.get_profile(LONG if is_long() else SHORT),
        max_examples=long if is_long() else short,
    )
