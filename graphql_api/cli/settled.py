"""What a server's collector of garbage need not look at. Called once all is in place."""

from __future__ import annotations

import gc

COLLECTION_THRESHOLDS = (20_000, 50, 50)  # allocations, then runs of the younger generation


def settle() -> None:
    """What is there now stays: the collector need not look at it again, and thousands of sockets
    are no reason to look at everything more often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)
