"""Databases that earlier versions made, and what those versions answered: today's must agree.

`cut.py` makes one when a version is cut; `test_versions.py` holds every kept one against the
code as it stands.
"""
