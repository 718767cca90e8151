import uuid

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Folder',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='folders', to='media.folder')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                    ],
                    options={
                        'ordering': ['name', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('parent', None)), fields=('unit', 'name'), name='one_folder_a_name'),
                            models.UniqueConstraint(fields=('parent', 'name'), name='one_folder_a_name_inside'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Media',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='media', to='units.unit')),
                        ('sha256', models.CharField(max_length=64)),
                        ('file', models.FileField(upload_to='media/')),
                        ('content_type', models.CharField(max_length=20)),
                        ('width', models.PositiveIntegerField()),
                        ('height', models.PositiveIntegerField()),
                        ('size', models.PositiveBigIntegerField()),
                        ('seconds', models.FloatField(default=0)),
                        ('fps', models.FloatField(default=0)),
                        ('codec', models.CharField(blank=True, max_length=20)),
                        ('poster_sha256', models.CharField(blank=True, max_length=64)),
                        ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('uploaded_at', models.DateTimeField(auto_now_add=True)),
                        ('last_used_at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('dhash', models.CharField(blank=True, db_default='', default='', max_length=32)),
                        ('kept_at', models.DateTimeField(null=True)),
                        ('archived_at', models.DateTimeField(null=True)),
                        ('shared', models.BooleanField(db_default=False, default=False)),
                        ('taken_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='copies', to='media.media')),
                        ('made_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='edited', to='media.media')),
                        ('blurred_at', models.DateTimeField(null=True)),
                        ('focus_x', models.PositiveSmallIntegerField(null=True)),
                        ('focus_y', models.PositiveSmallIntegerField(null=True)),
                        ('folder', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='media', to='media.folder')),
                        ('title', models.CharField(blank=True, db_default='', default='', max_length=100)),
                        ('alt_text', models.CharField(blank=True, db_default='', default='', max_length=500)),
                        ('source', models.CharField(blank=True, db_default='', default='', max_length=200)),
                        ('rights', models.CharField(blank=True, choices=[('own', 'taken or made by the unit'), ('licensed', "with the owner's permission"), ('free', 'free to use')], db_default='', default='', max_length=10)),
                        ('consent', models.CharField(blank=True, choices=[('adult', 'the person shown, an adult'), ('guardian', 'a parent or guardian of the child shown'), ('staff', 'officers of the unit'), ('public', 'somebody who acts in public')], db_default='', default='', max_length=10)),
                        ('consent_on', models.DateField(null=True)),
                        ('consent_note', models.CharField(blank=True, db_default='', default='', max_length=200)),
                        ('expires_on', models.DateField(null=True)),
                        ('warned_of', models.DateField(null=True)),
                        ('search', models.TextField(db_default='', default='', editable=False)),
                        ('version', models.PositiveIntegerField(db_default=1, default=1)),
                        ('tags', models.ManyToManyField(related_name='media', to='media.tag')),
                    ],
                    options={
                        'ordering': ['-uploaded_at'],
                        'indexes': [
                            models.Index(fields=['sha256'], name='media_sha256'),
                            models.Index(condition=models.Q(('poster_sha256', ''), _negated=True), fields=['poster_sha256'], name='media_poster'),
                            models.Index(condition=models.Q(('archived_at', None)), fields=['unit', '-uploaded_at', '-id'], name='media_library'),
                            models.Index(condition=models.Q(('expires_on__isnull', False)), fields=['expires_on'], name='media_expires'),
                            models.Index(condition=models.Q(('blurred_at__isnull', False)), fields=['blurred_at'], name='media_blurred'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'sha256'), name='one_copy_a_unit'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Logo',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='logo', to='units.unit')),
                        ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='logos', to='media.media')),
                        ('changed_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='VideoEdit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='core.job')),
                        ('media', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='video_edits', to='media.media')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('plan', models.JSONField()),
                        ('purpose_id', models.UUIDField(null=True)),
                        ('purpose_version', models.PositiveIntegerField(null=True)),
                        ('refused', models.TextField(blank=True, default='')),
                        ('result', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='media.media')),
                    ],
                    options={
                        'db_table': 'media_video_edit',
                    },
                ),
                migrations.CreateModel(
                    name='Card',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('media', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='card', to='media.media')),
                        ('look', models.CharField(max_length=20)),
                        ('format', models.CharField(max_length=10)),
                        ('words', models.JSONField()),
                        ('drawn_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Scan',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='core.job')),
                        ('media', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='scan', to='media.media')),
                        ('missing', models.JSONField(default=list)),
                        ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reviewed_at', models.DateTimeField(null=True)),
                        ('rules', models.CharField(blank=True, default='', max_length=16)),
                    ],
                    options={
                        'db_table': 'media_scan',
                    },
                ),
                migrations.CreateModel(
                    name='Box',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('scan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='boxes', to='media.scan')),
                        ('kind', models.CharField(choices=[('face', 'Face'), ('text', 'Text'), ('stamp', 'Red stamp'), ('code', 'Code')], max_length=10)),
                        ('rule', models.CharField(max_length=40)),
                        ('severity', models.CharField(choices=[('hard', 'must be taken out'), ('soft', 'needs a reason to be shown'), ('warn', 'to be looked at'), ('info', 'for your information')], max_length=10)),
                        ('x', models.PositiveSmallIntegerField()),
                        ('y', models.PositiveSmallIntegerField()),
                        ('width', models.PositiveSmallIntegerField()),
                        ('height', models.PositiveSmallIntegerField()),
                        ('from_second', models.FloatField(null=True)),
                        ('to_second', models.FloatField(null=True)),
                        ('host', models.CharField(blank=True, default='', max_length=253)),
                        ('shown_as', models.CharField(blank=True, choices=[('consent', 'an adult, who agreed'), ('guardian', 'a parent or guardian of the child agreed'), ('staff', 'officer of the unit'), ('public', 'somebody who acts in public'), ('reason', 'another reason')], default='', max_length=10)),
                        ('shown_note', models.CharField(blank=True, default='', max_length=200)),
                        ('shown_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('shown_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'db_table': 'media_box',
                        'ordering': ['from_second', 'y', 'x', 'pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('x__lte', django.db.models.expressions.CombinedExpression(models.Value(10000), '-', models.F('width'))), ('y__lte', django.db.models.expressions.CombinedExpression(models.Value(10000), '-', models.F('height')))), name='box_within_the_picture'),
                            models.CheckConstraint(condition=models.Q(models.Q(('rule', 'secret_mark'), _negated=True), ('shown_as', ''), _connector='OR'), name='secret_mark_never_shown'),
                            models.CheckConstraint(condition=models.Q(('shown_as', ''), models.Q(('shown_at__isnull', False), ('shown_by__isnull', False)), _connector='OR'), name='shown_by_somebody'),
                            models.CheckConstraint(condition=models.Q(models.Q(('shown_as', 'guardian'), _negated=True), models.Q(('shown_note', ''), _negated=True), _connector='OR'), name='child_shown_with_consent_note'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Tag',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('name', models.CharField(max_length=40)),
                        ('folded', models.CharField(max_length=40)),
                    ],
                    options={
                        'ordering': ['name', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'folded'), name='one_tag_a_word'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Upload',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('purpose', models.CharField(max_length=20)),
                        ('purpose_id', models.UUIDField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('size', models.PositiveBigIntegerField()),
                        ('mark', models.CharField(blank=True, max_length=100)),
                        ('received', models.PositiveBigIntegerField(default=0)),
                        ('media', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='media.media')),
                        ('created_at', models.DateTimeField()),
                        ('touched_at', models.DateTimeField(db_index=True)),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['purpose', 'purpose_id'], name='upload_purpose'),
                        ],
                    },
                ),
            ],
        ),
    ]
