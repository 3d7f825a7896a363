"""Table of scheduled runs."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class JobRun(Model):
    """That some process has taken one run of one job: `JOB@DUE`, due in seconds since 1970."""

    run = fields.CharField(max_length=100, primary_key=True, generated=False)
    taken_at = fields.BigIntField()

    class Meta:
        table = "job_run"
