import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('channels', '0001_initial'),
        ('core', '0001_initial'),
        ('media', '0001_initial'),
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='SignedList',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('statement', models.TextField()),
                        ('method', models.CharField(max_length=10)),
                        ('assertion', models.JSONField(null=True)),
                        ('key_id', models.CharField(max_length=16)),
                        ('seal', models.CharField(max_length=64)),
                    ],
                ),
                migrations.CreateModel(
                    name='BulkImport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('file_name', models.CharField(max_length=200)),
                        ('state', models.CharField(choices=[('reading', 'pictures are being read'), ('ready', 'awaiting confirmation'), ('done', 'drafts made'), ('submitting', 'drafts are being submitted')], default='reading', max_length=12)),
                        ('rows', models.JSONField()),
                        ('files', models.JSONField(default=list)),
                        ('pictures', models.JSONField(default=dict)),
                        ('left_out', models.JSONField(default=list)),
                        ('total', models.PositiveSmallIntegerField(default=0)),
                        ('done', models.PositiveSmallIntegerField(default=0)),
                        ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bulk_import', to='core.job')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('applied_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='FalseAlarm',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('rule', models.CharField(max_length=40)),
                        ('severity', models.CharField(choices=[('hard', 'cannot pass'), ('soft', 'passes by the approver, with a reason'), ('warn', "passes by the author's tick"), ('info', 'is shown only')], max_length=4)),
                        ('shape', models.CharField(max_length=120)),
                        ('reported_at', models.DateTimeField()),
                        ('seen_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-reported_at', '-pk'],
                    },
                ),
                migrations.CreateModel(
                    name='Post',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('legal_basis', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='legal basis')),
                        ('legal_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                        ('legal_until', models.DateField(blank=True, null=True, verbose_name='in force until')),
                        ('source', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='source of the warning')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='units.unit')),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('last_editor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('in_review', 'awaiting approval'), ('changes_requested', 'returned for revision'), ('approved', 'approved'), ('withdrawn', 'withdrawn'), ('archived', 'archived')], default='draft', max_length=20)),
                        ('title', models.CharField(blank=True, max_length=200, verbose_name='title')),
                        ('title_from_text', models.BooleanField(db_default=False, default=False)),
                        ('label', models.CharField(blank=True, db_default='', default='', editable=False, max_length=200)),
                        ('body', models.TextField(blank=True, verbose_name='body')),
                        ('link', models.URLField(blank=True, max_length=500, verbose_name='link')),
                        ('topic', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='campaigns.topic', verbose_name='topic')),
                        ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='campaigns.campaign', verbose_name='campaign')),
                        ('urgent', models.BooleanField(default=False, verbose_name='urgent')),
                        ('ai_made', models.BooleanField(default=False, verbose_name='made or changed by AI')),
                        ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='posts.post')),
                        ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='valid until')),
                        ('requested_time', models.DateTimeField(blank=True, null=True, verbose_name='wanted time of publication')),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('last_save', models.JSONField(editable=False, null=True)),
                        ('current_revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.revision')),
                        ('approved_revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.revision')),
                        ('endorsed_revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.revision')),
                        ('second_asked_at', models.DateTimeField(null=True)),
                        ('second_due_at', models.DateTimeField(null=True)),
                        ('second_reminders', models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ('without_approver_since', models.DateTimeField(null=True)),
                        ('duplicate_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='posts.post')),
                        ('template', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='posts.template')),
                        ('adoption', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', related_query_name='post', to='campaigns.adoption')),
                        ('submitted_at', models.DateTimeField(null=True)),
                        ('archived_at', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('changed_at', models.DateTimeField()),
                        ('search', models.TextField(default='', editable=False)),
                    ],
                    options={
                        'ordering': ['-changed_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['-changed_at', '-id'], name='post_changed'),
                            models.Index(fields=['unit', '-changed_at'], name='post_unit_changed'),
                            models.Index(fields=['unit', 'state', '-changed_at'], name='post_unit_state'),
                            models.Index(condition=models.Q(models.Q(('body', ''), ('state', 'draft'), ('title', ''), ('version', 1), _negated=True), models.Q(('state', 'archived'), _negated=True)), fields=['unit', 'id'], name='post_listed'),
                            models.Index(fields=['campaign', 'state'], name='post_campaign_state'),
                            models.Index(condition=models.Q(('without_approver_since__isnull', False)), fields=['unit'], name='post_without_approver'),
                            models.Index(condition=models.Q(('endorsed_revision__isnull', False)), fields=['second_due_at'], name='post_second_approval'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('adoption__isnull', False)), fields=('adoption',), name='one_post_an_adoption'),
                            models.CheckConstraint(condition=models.Q(('approved_revision__isnull', True), models.Q(('approved_revision', models.F('current_revision')), ('state', 'approved')), _connector='OR'), name='only_the_current_revision_is_approved'),
                            models.CheckConstraint(condition=models.Q(('endorsed_revision__isnull', True), models.Q(('endorsed_revision', models.F('current_revision')), ('second_asked_at__isnull', False), ('second_due_at__isnull', False), ('state', 'in_review')), _connector='OR'), name='only_what_is_in_review_waits_for_a_second_approval'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ImportedPost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('bulk_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='made', to='posts.bulkimport')),
                        ('post', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='imported', to='posts.post')),
                        ('row', models.PositiveSmallIntegerField()),
                        ('sha256', models.CharField(db_index=True, max_length=64)),
                    ],
                    options={
                        'ordering': ['row'],
                    },
                ),
                migrations.CreateModel(
                    name='Revision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='posts.post')),
                        ('number', models.PositiveIntegerField()),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('editor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('content', models.JSONField()),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['-number'],
                        'constraints': [
                            models.UniqueConstraint(fields=('post', 'number'), name='revision_number_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Review',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='posts.revision')),
                        ('decision', models.CharField(choices=[('first', 'approved by the unit'), ('approved', 'approved'), ('returned', 'returned'), ('undone', 'approval taken back'), ('ended', 'approval ended')], max_length=10)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('reason', models.TextField(blank=True)),
                        ('overridden', models.JSONField(db_default=[], default=list)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('editor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('decided_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['-decided_at'],
                        'indexes': [
                            models.Index(condition=models.Q(('decision__in', ['ended', 'undone'])), fields=['revision'], name='ends_of_approvals'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('decision__in', ['approved', 'first']), _negated=True), models.Q(models.Q(('by', models.F('author')), _negated=True), models.Q(('by', models.F('editor')), _negated=True)), _connector='OR'), name='approver_is_not_author_nor_editor'),
                            models.CheckConstraint(condition=models.Q(('decision', 'returned'), ('reason', ''), _negated=True), name='a_return_has_a_reason'),
                            models.UniqueConstraint(condition=models.Q(('decision', 'approved')), fields=('revision',), name='one_approval_a_revision'),
                            models.UniqueConstraint(condition=models.Q(('decision', 'first')), fields=('revision',), name='one_first_approval_a_revision'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Reading',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='posts.revision')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('opened_at', models.DateTimeField()),
                        ('spent_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('revision', 'user'), name='one_reading_a_person'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='LeakCheck',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('revision', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='leak_check', to='posts.revision')),
                        ('rules', models.CharField(max_length=16)),
                        ('holds_back', models.BooleanField()),
                        ('checked_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='RevisionMedia',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shown', to='posts.revision')),
                        ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='media.media')),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('revision', 'media'), name='a_picture_once_a_revision'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='RuleSwitch',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('rule', models.CharField(max_length=40, verbose_name='rule')),
                        ('severity', models.CharField(choices=[('hard', 'cannot pass'), ('soft', 'passes by the approver, with a reason'), ('warn', "passes by the author's tick"), ('info', 'is shown only')], max_length=4, verbose_name='from then on, it')),
                        ('valid_from', models.DateField(verbose_name='first day')),
                        ('reason', models.CharField(max_length=500, verbose_name='reason')),
                        ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('set_at', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-valid_from', '-pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), models.Q(('confirmed_by', models.F('set_by')), _negated=True)), _connector='OR'), name='rule_switched_by_two_people'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Signature',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='signature', to='posts.review')),
                        ('statement', models.TextField()),
                        ('method', models.CharField(max_length=10)),
                        ('assertion', models.JSONField(null=True)),
                        ('listed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='posts.signedlist')),
                        ('key_id', models.CharField(max_length=16)),
                        ('seal', models.CharField(max_length=64)),
                    ],
                ),
                migrations.CreateModel(
                    name='Template',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('legal_basis', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='legal basis')),
                        ('legal_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                        ('legal_until', models.DateField(blank=True, null=True, verbose_name='in force until')),
                        ('source', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='source of the warning')),
                        ('kind', models.CharField(choices=[('post', 'Whole posts'), ('signature', 'Signature with telephone numbers'), ('hashtags', 'Hashtags'), ('paragraph', 'Paragraph')], default='post', max_length=10, verbose_name='kind')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('title', models.CharField(max_length=150, verbose_name='title')),
                        ('text', models.TextField(max_length=10000, verbose_name='text')),
                        ('topic', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.topic', verbose_name='topic')),
                        ('hashtags', models.CharField(blank=True, max_length=200, verbose_name='hashtags')),
                        ('months', models.PositiveSmallIntegerField(default=0)),
                        ('texts', models.JSONField(default=dict)),
                        ('variables', models.JSONField(default=list)),
                        ('uses', models.PositiveIntegerField(default=0)),
                        ('code', models.SlugField(blank=True, editable=False, max_length=40)),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('changed_at', models.DateTimeField()),
                        ('archived_at', models.DateTimeField(null=True)),
                        ('search', models.TextField(default='', editable=False)),
                    ],
                    options={
                        'ordering': ['-changed_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', 'archived_at'], name='template_unit'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('code',), name='one_template_a_code'),
                            models.CheckConstraint(condition=models.Q(models.Q(('kind', 'post'), _negated=True), ('topic__isnull', False), _connector='OR'), name='a_post_has_a_topic'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Thread',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='threads', to='posts.revision')),
                        ('review', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='thread', to='posts.review')),
                        ('quote', models.CharField(blank=True, max_length=500)),
                        ('place', models.CharField(blank=True, max_length=40)),
                        ('occurrence', models.PositiveIntegerField(default=0)),
                        ('picture', models.UUIDField(null=True)),
                        ('begun_at', models.DateTimeField()),
                        ('resolved_at', models.DateTimeField(null=True)),
                        ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['-begun_at', '-pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', True), ('resolved_by__isnull', True)), models.Q(('resolved_at__isnull', False), ('resolved_by__isnull', False)), _connector='OR'), name='who_resolved_a_thread_and_when'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Comment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('thread', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='posts.thread')),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('text', models.TextField(blank=True, max_length=2000)),
                        ('proposal', models.TextField(blank=True, max_length=2000)),
                        ('written_at', models.DateTimeField()),
                        ('taken_at', models.DateTimeField(null=True)),
                        ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['written_at', 'pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('proposal', ''), ('text', ''), _negated=True), name='a_comment_says_something'),
                            models.CheckConstraint(condition=models.Q(('taken_at__isnull', True), models.Q(('proposal', ''), _negated=True), _connector='OR'), name='only_a_proposal_is_taken'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='AllowedItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allowed_items', to='units.unit')),
                        ('kind', models.CharField(choices=[('phone', 'public telephone number'), ('account', 'account for donations and payments'), ('host', 'website')], max_length=10, verbose_name='kind')),
                        ('value', models.CharField(max_length=100, verbose_name='number or address')),
                        ('label', models.CharField(max_length=100, verbose_name='whose it is')),
                        ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('entered_at', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['kind', 'label', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('unit', 'kind', 'value'), name='one_open_allowed_item'),
                            models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), models.Q(('confirmed_by', models.F('entered_by')), _negated=True)), _connector='OR'), name='allowed_by_two_people'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='LeakCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('rule', models.CharField(max_length=40)),
                        ('day', models.DateField()),
                        ('outcome', models.CharField(choices=[('blocked', 'held back'), ('overridden', 'passed by the approver'), ('acknowledged', 'checked by the author')], max_length=12)),
                        ('n', models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'rule', 'day', 'outcome'), name='one_leak_count_a_day'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Editing',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='editings', to='posts.post')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('seen_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('post', 'user'), name='one_editing_a_person'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Contribution',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contributions', to='posts.post')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('edited_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('post', 'user'), name='one_contribution_a_person'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PostChannel',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='posts.post')),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel')),
                        ('text', models.TextField(blank=True)),
                        ('format', models.CharField(blank=True, max_length=20)),
                        ('format_as_before', models.BooleanField(db_default=False, default=False)),
                        ('options', models.JSONField(default=dict)),
                        ('is_on', models.BooleanField(db_default=True, default=True)),
                        ('switched_by_person', models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        'ordering': ['channel__platform', 'channel__name'],
                        'constraints': [
                            models.UniqueConstraint(fields=('post', 'channel'), name='one_target_a_channel'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PostMedia',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='posts.post')),
                        ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='media.media')),
                        ('position', models.PositiveSmallIntegerField()),
                        ('alt_text', models.CharField(blank=True, max_length=500, verbose_name='alt text')),
                        ('captions', models.TextField(blank=True, verbose_name='captions')),
                    ],
                    options={
                        'ordering': ['position', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(fields=('post', 'media'), name='a_picture_once_a_post'),
                        ],
                    },
                ),
            ],
        ),
    ]
