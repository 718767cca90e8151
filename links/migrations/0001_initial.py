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
                    name='Link',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('code', models.CharField(max_length=12, unique=True)),
                        ('title', models.CharField(max_length=100, verbose_name='what it is for')),
                        ('target', models.CharField(max_length=1000, verbose_name='where it leads')),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                        ('stopped_at', models.DateTimeField(null=True)),
                        ('stop_kind', models.CharField(blank=True, choices=[('repair', 'The page behind this link is being repaired. Please try again later.'), ('moved', "The page behind this link has moved. Look for it on the unit's own page."), ('over', 'What this link was for is over.'), ('mistake', 'This link was printed or posted by mistake. Please do not use it.'), ('unsafe', 'The page behind this link is not safe. Enter nothing there, and pay nothing.'), ('own', 'In words of your own')], db_default='', default='', max_length=10)),
                        ('stop_reason', models.CharField(blank=True, max_length=200)),
                        ('search', models.CharField(editable=False, max_length=1100)),
                        ('version', models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        'ordering': ['-created_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', '-created_at', '-id'], name='links_of_unit'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ClickCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='click_counts', to='links.link')),
                        ('day', models.DateField()),
                        ('clicks', models.PositiveIntegerField()),
                    ],
                    options={
                        'ordering': ['day'],
                        'constraints': [
                            models.UniqueConstraint(fields=('link', 'day'), name='one_count_a_day'),
                        ],
                    },
                ),
            ],
        ),
    ]
