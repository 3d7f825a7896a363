"""Several things in one cell: `kg=1000 | carton=12`. Called by who reads and writes such cells.

A bar stands between two, an equals sign between a name and what it is; a backslash before either
of them, or before a backslash, means the character itself. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARKS = re.compile(r"([\\|=])")
_PIECES = re.compile(r"\\(.)|([|=])|([^\\|=]+)", re.DOTALL)


def joined(pairs: Iterable[tuple[str, str | None]]) -> str:
    """The cell of names, each with what it is; None: with nothing."""
    return " | ".join(
        _marked(name) if text is None else f"{_marked(name)}={_marked(text)}"
        for name, text in pairs
    )


def _marked(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def pairs_of(cell: str) -> list[tuple[str, str | None]]:
    """The names in a cell, each with what it is; [] for a blank one."""
    pairs: list[tuple[str, str | None]] = []
    name, text = [], None  # type: list[str], list[str] | None
    for found in _PIECES.finditer(f"{cell}|"):
        literal, mark, plain = found.groups()
        if mark == "|":
            pair = "".join(name).strip(), None if text is None else "".join(text).strip()
            pairs += [pair] if pair != ("", None) else []
            name, text = [], None
        elif mark == "=" and text is None:
            text = []
        else:
            (name if text is None else text).append(literal or mark or plain)
    return pairs
