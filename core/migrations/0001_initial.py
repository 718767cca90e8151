import django.db.models.deletion
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
                    name='CacheEntry',
                    fields=[
                        ('cache_key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                        ('value', models.TextField()),
                        ('expires', models.DateTimeField(db_index=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='Installation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('live', 'Live'), ('training', 'Training')], max_length=10)),
                    ],
                    options={
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_installation_row'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Job',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(max_length=30)),
                        ('key', models.CharField(blank=True, default='', max_length=40)),
                        ('state', models.CharField(choices=[('waiting', 'waits'), ('running', 'is being made'), ('done', 'ready'), ('failed', 'could not be made')], default='waiting', max_length=10)),
                        ('priority', models.PositiveSmallIntegerField(default=0)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('run_at', models.DateTimeField()),
                        ('owner', models.UUIDField(null=True)),
                        ('leased_until', models.DateTimeField(null=True)),
                        ('progress', models.PositiveSmallIntegerField(default=0)),
                        ('queued_at', models.DateTimeField()),
                        ('begun_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('error', models.CharField(blank=True, default='', max_length=20)),
                    ],
                    options={
                        'indexes': [
                            models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['kind', 'priority', 'run_at'], name='job_unfinished'),
                            models.Index(condition=models.Q(('state', 'failed')), fields=['ended_at'], name='job_failed'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'running']), models.Q(('key', ''), _negated=True)), fields=('kind', 'key'), name='one_unfinished_job_a_key'),
                            models.CheckConstraint(condition=models.Q(models.Q(('leased_until__isnull', False), ('owner__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('leased_until__isnull', True), ('owner__isnull', True)), _connector='OR'), name='a_job_runs_on_a_lease'),
                            models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['done', 'failed'])), models.Q(('ended_at__isnull', True), ('state__in', ['waiting', 'running'])), _connector='OR'), name='a_job_ends_at_a_time'),
                            models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='progress_of_a_job'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Letter',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='core.job')),
                        ('to', models.EmailField(blank=True, max_length=254)),
                        ('subject', models.CharField(blank=True, max_length=200)),
                        ('text', models.TextField(blank=True)),
                        ('written_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='QuotaUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=200)),
                        ('ends_at', models.DateTimeField(db_index=True)),
                        ('used', models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('key', 'ends_at'), name='one_count_a_window'),
                        ],
                    },
                ),
            ],
        ),
    ]
