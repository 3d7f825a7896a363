"""Settings of pictures and attachments, as settings.py takes them in."""

from __future__ import annotations

import re

from pydantic import BaseModel, Field, field_validator

from graphql_api.setting_bounds import Positive

S3 = "s3://"
STORE_BYTES_MAX = 10**15  # a thousand terabytes
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class AttachmentSettings(BaseModel):
    """Where attachments lie, and what they may take."""

    attachments_store: str = Field(
        "",
        description="where pictures and attachments lie: a folder, or s3://BUCKET[/PREFIX] (the "
        "extra s3; AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). Empty: "
        "FILE.attachments beside an SQLite database's FILE; on PostgreSQL, none are taken",
    )
    attachment_bytes_max: Positive = Field(20_971_520, description="an attached file")
    attachment_pixels_max: Positive = Field(
        50_000_000, description="of a picture, width times height, before it is decoded"
    )
    attachments_per_item_max: int = Field(20, gt=0, le=100, description="pictures and other files")
    attachments_bytes_max: int = Field(
        10_737_418_240,
        gt=0,
        le=STORE_BYTES_MAX,
        description="all attachments together, thumbnails included",
    )

    @field_validator("attachments_store")
    @classmethod
    def _bucket_is_named(cls, value: str) -> str:
        if value.startswith(S3) and not value.removeprefix(S3).split("/")[0]:
            raise ValueError("s3:// needs a bucket: s3://BUCKET or s3://BUCKET/PREFIX")
        if not value.startswith(S3) and _ADDRESS.match(value):
            raise ValueError(f"{value!r} is neither a folder nor s3://BUCKET[/PREFIX]")
        return value
