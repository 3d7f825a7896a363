"""How long tests wait for what takes milliseconds.

Tests wait for a state, never for a time, so a busy machine makes them slower and nothing else:
only a failure waits as long as this.
"""

from __future__ import annotations

PATIENCE_S = 60.0
