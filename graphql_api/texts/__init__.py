"""Texts as people compare, sort and search them. Pure: no noun, no database."""
