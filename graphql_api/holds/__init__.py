"""Holds: stock that is set aside for somebody until a moment."""
