import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Matter',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matters', to='units.unit')),
                        ('asked_from', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('subject', models.CharField(choices=[('page', 'a page of the unit'), ('post', 'a post'), ('kit', 'a kit'), ('finding', 'something that the leak check found'), ('other', 'something else')], max_length=10, verbose_name='what it is about')),
                        ('object_id', models.UUIDField(null=True)),
                        ('text', models.TextField(max_length=1000, verbose_name='what is asked')),
                        ('deadline', models.DateField(verbose_name='answer by')),
                        ('state', models.CharField(choices=[('open', "waits for the unit's answer"), ('answered', 'answered by the unit'), ('reopened', 'asked again, waits for an answer'), ('closed', 'done with')], default='open', max_length=10)),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('asked_at', models.DateTimeField()),
                        ('changed_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['-changed_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', '-changed_at'], name='matter_unit_changed'),
                            models.Index(condition=models.Q(('state__in', ['open', 'reopened'])), fields=['deadline'], name='matter_waiting'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='a_matter_asks_something'),
                            models.CheckConstraint(condition=models.Q(('state__in', ['answered', 'closed', 'open', 'reopened'])), name='a_matter_has_a_state'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='MatterNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('matter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='oversight.matter')),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('turn', models.CharField(choices=[('open', "waits for the unit's answer"), ('answered', 'answered by the unit'), ('reopened', 'asked again, waits for an answer'), ('closed', 'done with')], max_length=10)),
                        ('text', models.TextField(blank=True, max_length=1000)),
                        ('deadline', models.DateField(null=True)),
                        ('written_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), ('turn', 'closed'), _connector='OR'), name='a_note_says_something'),
                            models.CheckConstraint(condition=models.Q(('deadline__isnull', True), ('turn', 'reopened'), _connector='OR'), name='a_day_is_set_when_asked_again'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='NoDigest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='no_digest', to=settings.AUTH_USER_MODEL)),
                        ('since', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Reminder',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='units.unit')),
                        ('kind', models.CharField(max_length=15)),
                        ('day', models.DateField()),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('sent_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'kind', 'day'), name='one_reminder_a_day'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Digest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to=settings.AUTH_USER_MODEL)),
                        ('week', models.DateField()),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('counts', models.JSONField(default=dict)),
                        ('sent_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('user', 'week'), name='one_digest_a_week'),
                        ],
                    },
                ),
            ],
        ),
    ]
