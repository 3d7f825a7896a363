"""Attachments in an S3-compatible bucket, through obstore (the extra s3).

Credentials, region and endpoint come from AWS_* variables, as every S3 program has them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from graphql_api.attachments.stored import Lying, StoreAway
from graphql_api.errors import ConfigurationError

try:
    import obstore
    from obstore.exceptions import BaseError as ObstoreError
    from obstore.store import S3Store as Bucket
except ModuleNotFoundError:
    HAS_S3 = False
else:
    HAS_S3 = True

REQUEST_TIMEOUT = timedelta(seconds=30)  # for one request, and with its repetitions
RETRIES_MAX = 3
LISTED_AT_ONCE = 1_000


class S3Store:
    """A bucket, or what lies in it under a prefix. Raises ConfigurationError without the extra."""

    def __init__(self, url: str) -> None:
        """url: s3://BUCKET or s3://BUCKET/PREFIX."""
        if not HAS_S3:
            raise ConfigurationError(
                "ATTACHMENTS_STORE: s3:// needs the extra s3: "
                "pip install 'realtime-inventory-api[s3]'"
            )
        endpoint = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", ""))
        try:
            self._bucket: Any = Bucket.from_url(
                url,
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "timeout": REQUEST_TIMEOUT,
                },
                retry_config={"max_retries": RETRIES_MAX, "retry_timeout": REQUEST_TIMEOUT},
            )
        except (ObstoreError, ValueError) as error:
            raise ConfigurationError(f"ATTACHMENTS_STORE: {_line(error)}") from error
        self.place = url

    async def put(self, name: str, content: BinaryIO | bytes) -> None:
        """See Store.put. In one request: a multipart upload that broke off would cost for ever."""
        whole = content if isinstance(content, bytes) else content.read()
        try:
            await obstore.put_async(self._bucket, name, whole, use_multipart=False)
        except ObstoreError as error:
            raise StoreAway(self.place, _line(error)) from error

    def path(self, name: str) -> Path | None:
        return None

    async def open(self, name: str) -> AsyncIterator[bytes] | None:
        try:
            found = await obstore.get_async(self._bucket, name)
        except FileNotFoundError:
            return None
        except ObstoreError as error:
            raise StoreAway(self.place, _line(error)) from error
        return self._blocks(found)

    async def size(self, name: str) -> int | None:
        try:
            return int((await obstore.head_async(self._bucket, name))["size"])
        except FileNotFoundError:
            return None
        except ObstoreError as error:
            raise StoreAway(self.place, _line(error)) from error

    async def _blocks(self, found: Any) -> AsyncIterator[bytes]:
        try:
            async for block in found.stream():
                yield bytes(block)
        except ObstoreError as error:
            raise StoreAway(self.place, _line(error)) from error

    async def delete(self, names: Iterable[str]) -> None:
        listed = list(names)
        try:
            if listed:
                await obstore.delete_async(self._bucket, listed)
        except FileNotFoundError:
            pass
        except ObstoreError as error:
            raise StoreAway(self.place, _line(error)) from error

    async def listing(self) -> AsyncIterator[Lying]:
        try:
            async for page in obstore.list(self._bucket, chunk_size=LISTED_AT_ONCE):
                for one in page:
                    at_us = round(one["last_modified"].timestamp() * 1_000_000)
                    yield Lying(one["path"], one["size"], at_us)
        except ObstoreError as error:
            raise StoreAway(self.place, _line(error)) from error


def _line(error: BaseException) -> str:
    """The first line of what obstore says: its others are a program's own."""
    return str(error).strip().split("\n")[0][:500]
