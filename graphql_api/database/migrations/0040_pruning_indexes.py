"""What is deleted by its age is found by its age: ended sessions, and used refresh tokens."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0037_one_go")]

    operations = [
        ops.AddIndex(model_name='SessionRecord', index=Index(fields=['ended_at'], name='session_by_end')),
        ops.AddIndex(model_name='SessionRecord', index=Index(fields=['expires_at'], name='session_by_expiry')),
        ops.AddIndex(model_name='RefreshTokenRecord', index=Index(fields=['used_at'], name='refresh_token_by_use')),
    ]
