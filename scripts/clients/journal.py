"""Where the feed's places are kept over restarts of a script. Used by watch.py.

`PlaceFile` is for people: a small file with one place for each stream, replaced whole after each
event. `EventFile` is for machines: a line of JSON for each event. There the events themselves
tell the place, so after a kill at any instant the file holds each event exactly once: a line that
was cut short is taken back, and the stream goes on after the last whole one.
Neither waits for the disk: they outlive a killed script, not a power cut.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from graphql_api.client.account import Failed

Places = dict[str, str]  # stream name → cursor


class Journal(Protocol):
    """A record of what was taken."""

    def places(self) -> Places:
        """The last place of each stream; {}: nothing was kept yet."""

    def record(self, kind: str, places: Places, body: dict[str, Any]) -> None:
        """Note what brought these streams to these places. kind: a stream's name for its event,
        else `start`, `place` (nothing happened up to it) or `reset`."""


class PlaceFile:
    """The places alone. Raises Failed for a file that is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: Places = {}

    def places(self) -> Places:
        if self._path.exists():
            kept = _object(self._path.read_bytes(), self._path)
            self._places = {str(name): str(cursor) for name, cursor in kept.items()}
        return dict(self._places)

    def record(self, kind: str, places: Places, body: dict[str, Any]) -> None:
        self._places.update(places)
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_bytes(orjson.dumps(self._places))
        os.replace(fresh, self._path)


class EventFile:
    """A line for each event: {"kind": …, "cursor": …, …}; other lines name their streams."""

    def __init__(self, file: IO[bytes], name: str, streams: Iterable[str]) -> None:
        """`file`: opened unbuffered, for reading too if what it holds shall be heeded."""
        self._file = file
        self._name = name
        self._streams = set(streams)

    def places(self) -> Places:
        """The places, after a line that was cut short was taken back. Raises Failed."""
        if not self._file.readable() or not self._file.seekable():
            return {}
        size = self._file.seek(0, os.SEEK_END)
        if not size:
            return {}
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            whole = held.rfind(b"\n") + 1
            found = self._found(held, whole)
        if whole < size:
            self._file.truncate(whole)
            self._file.seek(0, os.SEEK_END)
        return found

    def record(self, kind: str, places: Places, body: dict[str, Any]) -> None:
        where: dict[str, Any] = {"places": places}
        if kind in self._streams:
            where = {"cursor": places[kind]}
        line = orjson.dumps({"kind": kind, **where, **body}) + b"\n"
        while line:  # an unbuffered file may take a part only
            line = line[self._file.write(line) :]

    def _found(self, held: mmap.mmap, end: int) -> Places:
        """The last place of each stream in the whole lines before `end`, read backwards."""
        found: Places = {}
        while end and found.keys() != self._streams:
            begin = held.rfind(b"\n", 0, end - 1) + 1
            line = _object(held[begin:end], self._name)
            kind = line.get("kind")
            told = {kind: line.get("cursor")} if kind in self._streams else line.get("places", {})
            found = {name: str(cursor) for name, cursor in told.items()} | found
            end = begin
        return found


def _object(text: bytes, name: object) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Failed(f"{name} holds something else than this script writes; take it away")
    return value
