import django.db.models.deletion
from django.db import migrations, models

import core.migration_operations
import units.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Unit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(default=units.models.new_key, editable=False, max_length=8, unique=True)),
                        ('code', models.CharField(blank=True, max_length=10, verbose_name='official code')),
                        ('level', models.CharField(choices=[('ministry', 'Ministry'), ('province', 'Provincial police'), ('commune', 'Commune-level police')], max_length=10)),
                        ('kind', models.CharField(max_length=30, verbose_name='kind')),
                        ('place', models.CharField(max_length=100, verbose_name='place')),
                        ('name', models.CharField(max_length=150, verbose_name='name')),
                        ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='units.unit')),
                        ('path', models.CharField(editable=False, max_length=40, unique=True)),
                        ('has_police_body', models.BooleanField(default=True, verbose_name='has a police body')),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                        ('successor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessors', to='units.unit')),
                        ('search', models.CharField(editable=False, max_length=300)),
                    ],
                    options={
                        'ordering': ['path'],
                        'indexes': [
                            models.Index(fields=['parent', 'name'], name='unit_parent_name'),
                            models.Index(fields=['search'], name='unit_search'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), models.Q(('code', ''), _negated=True)), fields=('level', 'code'), name='one_current_unit_a_code'),
                            models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='unit_valid_to_after_from'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='FormerName',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former_names', to='units.unit')),
                        ('name', models.CharField(max_length=150)),
                        ('place', models.CharField(max_length=100)),
                        ('code', models.CharField(blank=True, max_length=10)),
                        ('until', models.DateField()),
                        ('search', models.CharField(editable=False, max_length=300)),
                    ],
                    options={
                        'ordering': ['-until', '-pk'],
                    },
                ),
                migrations.CreateModel(
                    name='UnitFacts',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='facts', to='units.unit')),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('duty_phone', models.CharField(blank=True, max_length=15, verbose_name='telephone of the officer on duty')),
                        ('opening_hours', models.CharField(blank=True, max_length=200, verbose_name='opening hours')),
                        ('public_numbers', models.JSONField(blank=True, default=list)),
                        ('leader_phone', models.CharField(blank=True, db_default='', default='', max_length=15, verbose_name='telephone of the leader')),
                        ('changed_at', models.DateTimeField()),
                    ],
                    options={
                        'verbose_name': 'facts of a unit',
                    },
                ),
            ],
        ),
    ]
