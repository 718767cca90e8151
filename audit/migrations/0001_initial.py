from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Stream',
                    fields=[
                        ('number', models.SmallIntegerField(primary_key=True, serialize=False)),
                        ('length', models.BigIntegerField(default=0)),
                        ('head', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                    ],
                ),
                migrations.CreateModel(
                    name='Entry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(db_index=True)),
                        ('actor_id', models.BigIntegerField(null=True)),
                        ('actor_name', models.CharField(blank=True, max_length=150)),
                        ('actor_position', models.CharField(blank=True, max_length=150)),
                        ('action', models.CharField(max_length=60)),
                        ('object_type', models.CharField(max_length=40)),
                        ('object_id', models.CharField(max_length=40)),
                        ('object_label', models.CharField(blank=True, max_length=250)),
                        ('unit_path', models.CharField(blank=True, max_length=60)),
                        ('reason', models.TextField(blank=True)),
                        ('data', models.JSONField(default=dict)),
                        ('stream', models.SmallIntegerField(editable=False, null=True)),
                        ('position', models.BigIntegerField(editable=False, null=True)),
                        ('previous', models.CharField(blank=True, editable=False, max_length=64)),
                    ],
                    options={
                        'ordering': ['-at', '-pk'],
                        'indexes': [
                            models.Index(fields=['object_id', 'object_type', '-at'], name='audit_object_at'),
                            models.Index(condition=models.Q(('actor_id__isnull', False)), fields=['actor_id', '-at'], name='audit_actor_at'),
                            models.Index(fields=['unit_path', '-at'], name='audit_path_at', opclasses=['varchar_pattern_ops', 'timestamptz_ops']),
                            models.Index(fields=['action', '-at'], name='audit_action_at'),
                            models.Index(condition=models.Q(models.Q(('action__startswith', 'account.'), ('action__startswith', 'unit.'), ('action__startswith', 'platform.'), ('action__startswith', 'channel.'), _connector='OR'), ('actor_id__isnull', False)), fields=['-at'], name='audit_administration_at'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('stream', 'position'), name='audit_one_entry_a_position'),
                        ],
                    },
                ),
            ],
        ),
    ]
