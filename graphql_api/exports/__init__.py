"""Exports: items and stock as files that an import takes back."""
