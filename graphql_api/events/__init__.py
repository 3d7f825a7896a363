"""The log: every committed change, once, in commit order."""
