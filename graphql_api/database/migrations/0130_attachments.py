"""Attachments of items, and the files that are stored for them."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('inventory', '0099_devices_of_sessions')]

    operations = [
        ops.CreateModel(
            name='StoredFileRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('sent_sha256', fields.CharField(description='of the bytes that were sent', max_length=64)),
                ('sha256', fields.CharField(description='of the bytes that are kept', max_length=64)),
                ('media_type', fields.CharField(max_length=100)),
                ('size', fields.BigIntField(description='bytes that are kept')),
                ('total_size', fields.BigIntField(description='with the thumbnails')),
                ('width', fields.IntField(null=True, description='pixels, of pictures')),
                ('height', fields.IntField(null=True)),
                ('is_whole', fields.SmallIntField(description='1: its bytes were stored')),
                ('doomed', fields.SmallIntField(description='1: its bytes are being deleted', db_default=0)),
                ('unused_since', fields.BigIntField(null=True, description='null: it is attached')),
            ],
            options={'table': 'stored_file', 'app': 'inventory', 'indexes': [Index(fields=['sent_sha256'], name='stored_file_by_hash'), Index(fields=['unused_since', 'id'], name='stored_file_by_use'), Index(fields=['doomed', 'total_size'], name='stored_file_by_size')], 'pk_attr': 'id', 'table_description': 'A file that the store keeps once, however often it is attached.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AttachmentRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('item', fields.ForeignKeyField('inventory.ItemRecord', source_field='item_id', db_constraint=True, to_field='id', related_name='attachments', on_delete=OnDelete.RESTRICT)),
                ('file', fields.ForeignKeyField('inventory.StoredFileRecord', source_field='file_id', db_constraint=True, to_field='id', related_name='attachments', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=200)),
                ('position', fields.IntField(description='0 for the first of its item')),
                ('user_id', fields.BigIntField(null=True)),
                ('created_at', fields.BigIntField()),
            ],
            options={'table': 'attachment', 'app': 'inventory', 'indexes': [Index(fields=['item_id', 'position'], name='attachment_by_item'), Index(fields=['file_id'], name='attachment_by_file')], 'pk_attr': 'id', 'table_description': "A file of an item, under a name, in the item's own order."},
            bases=['Model'],
        ),
    ]
