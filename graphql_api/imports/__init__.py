"""Imports: the rows of a file become items and stock."""
