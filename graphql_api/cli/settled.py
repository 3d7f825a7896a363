"""What the collector of garbage need not look at: modules, and all that a server begins with."""

from __future__ import annotations

import gc

COLLECTION_THRESHOLDS = (20_000, 50, 50)  # allocations, then runs of the younger generation


def settle() -> None:
    """What is there now stays: the collector need not look at it again, and thousands of sockets
    are no reason to look at everything more often. For a server, once all is in place."""
    gc.collect()
    settle_soon()


def settle_soon() -> None:
    """The same for a program that may live for one command only: the modules leave five objects of
    garbage, which are not worth the look. It ends sooner too: Python collects what is not frozen
    once more at its end, 0.4 s of a core."""
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)
