"""Examinations of files that were sent, in a program of their own: see examining.py."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from graphql_api.errors import FieldPath, InvalidInput, RateLimited, Unavailable
from graphql_api.said import said

logger = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "graphql_api.attachments.examining")
EXAMINING_MAX_S = 30.0
WAITING_MAX = 8
RETRY_S = 5
LINE_BYTES_MAX = 65_536
FILE: FieldPath = ("file",)
_OUT_OF_BOUNDS = {-signal.SIGKILL, -signal.SIGXCPU} if sys.platform != "win32" else set()
DAMAGED = "This picture cannot be looked at: it is damaged, or takes too much time."


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file is. thumbnails: the smaller one first, none for what is no picture. content: the
    file as it is to be kept, at its first byte; size: how many bytes that are."""

    media_type: str
    width: int | None
    height: int | None
    thumbnails: tuple[bytes, ...]
    content: BinaryIO
    size: int


class Examination:
    """Examines one file at a time, so that memory is bounded; few others wait."""

    def __init__(self, pixels_max: int, bytes_max: int) -> None:
        """Of a picture: as it comes, and as it is kept."""
        self._bounds = (str(pixels_max), str(bytes_max))
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    @asynccontextmanager
    async def of(self, file: BinaryIO, size: int) -> AsyncIterator[Examined]:
        """What `file` is, of `size` bytes. It has a place in the system (fileno). Raises
        InvalidInput when it is not taken, RateLimited, Unavailable."""
        if self._waiting >= WAITING_MAX:
            raise RateLimited("Too many files are being looked at.", retryAfterSeconds=RETRY_S)
        with tempfile.TemporaryFile() as answer:  # without a name: it ends with this process
            self._waiting += 1
            try:
                async with self._turn:
                    await self._run(file, answer)
            finally:
                self._waiting -= 1
            yield _read(file, size, answer)

    async def _run(self, file: BinaryIO, answer: BinaryIO) -> None:
        file.seek(0)
        program = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *self._bounds,
            stdin=file,
            stdout=answer,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(EXAMINING_MAX_S):
                _, fault = await program.communicate()
        except TimeoutError:
            raise InvalidInput(DAMAGED, FILE) from None
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        if program.returncode in _OUT_OF_BOUNDS:
            raise InvalidInput(DAMAGED, FILE)
        if program.returncode != 0:
            words = fault.decode(errors="replace").strip().rpartition("\n")[2]
            logger.error("a file could not be examined (%s): %s", program.returncode, words)
            if program.returncode is not None and program.returncode < 0:  # a decoder broke
                raise InvalidInput(DAMAGED, FILE)
            raise Unavailable("The file could not be looked at; try again.")


def _read(file: BinaryIO, size: int, answer: BinaryIO) -> Examined:
    answer.seek(0)
    told: dict[str, Any] = json.loads(answer.readline(LINE_BYTES_MAX))
    if "refused" in told:
        raise InvalidInput(said(told["refused"], **told["values"]), FILE)
    thumbnails = tuple(answer.read(length) for length in told["thumbnails"])
    content = file
    if told["is_anew"]:
        begin = answer.tell()
        size = answer.seek(0, 2) - begin
        answer.seek(begin)
        content = answer
    else:
        file.seek(0)
    return Examined(told["media_type"], told["width"], told["height"], thumbnails, content, size)
