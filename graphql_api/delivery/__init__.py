"""From the log to those who listen: topics, positions and bytes, never what stock is."""
