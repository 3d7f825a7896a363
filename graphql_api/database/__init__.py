"""The database: opening it, its migrations, and the one task that writes (see writer.py)."""
