import uuid

import django.db.models.deletion
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('posts', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Run',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('started_at', models.DateTimeField()),
                        ('removed', models.JSONField(default=dict)),
                    ],
                ),
                migrations.CreateModel(
                    name='Hold',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.post')),
                        ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('reason', models.CharField(max_length=500)),
                        ('operator', models.CharField(max_length=150)),
                        ('set_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['set_at', 'pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('post__isnull', False), ('unit', None)), models.Q(('post', None), ('unit__isnull', False)), _connector='OR'), name='hold_of_a_post_or_a_unit'),
                        ],
                    },
                ),
            ],
        ),
    ]
