"""What watch.py and replay.py share: options, a signed-in account, the live feed, its places."""
