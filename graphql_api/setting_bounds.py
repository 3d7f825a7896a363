"""What a number among the settings may be, as settings.py and its parts take it. Pure.

The upper bounds are such that nobody needs to pass them, and that a time or an amount never leaves
what databases, timers and JSON hold: a mistake is told at the start, and not to each client.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

AMOUNT_MAX = 10**12  # bytes, objects, operations: a million millions
DAYS_MAX = 36_500  # a hundred years
MINUTES_MAX = DAYS_MAX * 24 * 60
SECONDS_MAX = 1_000_000  # eleven days; PostgreSQL counts its timeouts in ms, up to 2**31

Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
Positive = Annotated[int, Field(gt=0, le=AMOUNT_MAX)]
Days = Annotated[int, Field(gt=0, le=DAYS_MAX)]
Hours = Annotated[int, Field(gt=0, le=DAYS_MAX * 24)]
Minutes = Annotated[int, Field(gt=0, le=MINUTES_MAX)]
PartMinutes = Annotated[float, Field(gt=0, le=MINUTES_MAX)]
WholeSeconds = Annotated[int, Field(gt=0, le=SECONDS_MAX)]
Seconds = Annotated[float, Field(gt=0, le=SECONDS_MAX)]
