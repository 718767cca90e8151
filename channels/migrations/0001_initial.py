import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import channels.states
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
                    name='Channel',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channels', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('external_id', models.CharField(max_length=64)),
                        ('name', models.CharField(max_length=200, verbose_name='name')),
                        ('handle', models.CharField(blank=True, max_length=100)),
                        ('address', models.URLField(blank=True, max_length=300)),
                        ('health', models.CharField(choices=[('connected', 'connected'), ('lost', 'connect again'), ('by_hand', 'posted by hand'), ('disconnected', 'disconnected')], default='connected', max_length=12)),
                        ('health_code', models.CharField(blank=True, max_length=80)),
                        ('health_reason', models.CharField(blank=True, max_length=300)),
                        ('sealed', models.BinaryField(default=bytes)),
                        ('leaving_since', models.DateTimeField(null=True)),
                        ('grant_left', models.BooleanField(db_default=False, default=False)),
                        ('scopes', models.JSONField(default=list)),
                        ('expires_at', models.DateTimeField(null=True)),
                        ('refresh_at', models.DateTimeField(null=True)),
                        ('package_ends_at', models.DateTimeField(null=True)),
                        ('followers', models.PositiveIntegerField(null=True)),
                        ('checked_at', models.DateTimeField(null=True)),
                        ('refresh_failures', models.PositiveSmallIntegerField(default=0)),
                        ('warned_on', models.DateField(null=True)),
                        ('lifecycle', models.CharField(choices=[('active', 'in use'), ('paused', 'resting'), ('frozen', 'to be confirmed'), ('taken_over', 'in other hands'), ('retired', 'closed')], default='active', max_length=10)),
                        ('lifecycle_reason', models.CharField(blank=True, max_length=500)),
                        ('lifecycle_since', models.DateTimeField(null=True)),
                        ('known_name', models.CharField(blank=True, max_length=200)),
                        ('known_handle', models.CharField(blank=True, max_length=100)),
                        ('successor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessors', to='channels.channel')),
                        ('watched_since', models.DateTimeField(default=django.utils.timezone.now)),
                        ('last_checked_at', models.DateTimeField(null=True)),
                        ('check_at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('subscribe_at', models.DateTimeField(default=django.utils.timezone.now, null=True)),
                        ('connected_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('connected_at', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['unit__path', 'platform', 'name'],
                        'indexes': [
                            models.Index(condition=models.Q(('health', 'connected')), fields=['refresh_at'], name='channel_refresh'),
                            models.Index(condition=models.Q(('health', 'connected')), fields=['platform', 'check_at'], name='channel_look'),
                            models.Index(condition=models.Q(('leaving_since__isnull', False)), fields=['leaving_since'], name='channel_leaving'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('health', 'disconnected'), _negated=True), fields=('platform', 'external_id'), name='one_unit_a_page'),
                            models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_at__isnull', False), models.Q(('confirmed_by', models.F('connected_by')), _negated=True)), _connector='OR'), name='two_people_bind_a_page'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ConnectAttempt',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('session_hash', models.CharField(max_length=64)),
                        ('state_hash', models.CharField(max_length=64, unique=True)),
                        ('sealed', models.BinaryField(default=bytes)),
                        ('created_at', models.DateTimeField()),
                        ('answered_at', models.DateTimeField(null=True)),
                        ('closed_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='HookEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('key', models.CharField(max_length=64)),
                        ('kind', models.CharField(max_length=10)),
                        ('page', models.CharField(max_length=64)),
                        ('object_id', models.CharField(blank=True, max_length=200)),
                        ('reported_at', models.DateTimeField(null=True)),
                        ('received_at', models.DateTimeField()),
                        ('handled_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('handled_at__isnull', True)), fields=['id'], name='hook_event_open'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('platform', 'key'), name='one_row_a_hook_event'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PageChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='page_changes', to='channels.channel')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('texts', models.JSONField()),
                        ('before', models.JSONField(default=dict)),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('state', models.CharField(choices=[('proposed', 'waits for approval'), ('approved', 'approved, is being written'), ('writing', 'being written'), ('written', 'written'), ('refused', 'not approved'), ('withdrawn', 'withdrawn'), ('failed', 'not written')], db_default='proposed', default='proposed', max_length=10)),
                        ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('proposed_at', models.DateTimeField()),
                        ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, default='', max_length=500)),
                        ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='page_change', to='core.job')),
                        ('error_code', models.CharField(blank=True, default='', max_length=80)),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-proposed_at', '-pk'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('state__in', ['approved', 'proposed', 'writing'])), fields=('channel', 'unit'), name='one_open_change_a_page'),
                            models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='a_page_change_is_approved_by_another'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'writing', 'written', 'failed']), _negated=True), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('content_sha256', ''), _negated=True)), _connector='OR'), name='who_approved_a_page_change'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PageCheck',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='page_check', to='channels.channel')),
                        ('picture', models.BooleanField(null=True)),
                        ('cover', models.BooleanField(null=True)),
                        ('description', models.BooleanField(null=True)),
                        ('address', models.BooleanField(null=True)),
                        ('phone', models.BooleanField(null=True)),
                        ('hours', models.BooleanField(null=True)),
                        ('register', models.BooleanField(null=True)),
                        ('pinned', models.BooleanField(null=True)),
                        ('recent', models.BooleanField(null=True)),
                        ('verified', models.BooleanField(null=True)),
                        ('texts', models.JSONField(default=dict)),
                        ('told', models.JSONField(default=list)),
                        ('confirmed_on', models.JSONField(default=dict)),
                        ('last_post_at', models.DateTimeField(null=True)),
                        ('read_at', models.DateTimeField(null=True)),
                        ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['due_at'], name='page_check_due'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PlatformAllowance',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allowances', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('allowed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('allowed_at', models.DateTimeField(auto_now_add=True)),
                        ('reason', models.TextField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'platform'), name='one_allowance_a_platform'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='UnrecognisedPost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unrecognised_posts', to='channels.channel')),
                        ('external_id', models.CharField(max_length=200)),
                        ('permalink', models.URLField(blank=True, max_length=500)),
                        ('published_at', models.DateTimeField()),
                        ('seen_at', models.DateTimeField()),
                        ('verdict', models.CharField(blank=True, choices=[('', 'to be looked at'), ('ours', 'ours, posted by hand'), ('not_ours', 'not ours')], default='', max_length=10)),
                        ('note', models.CharField(blank=True, max_length=500)),
                        ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decided_for', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('position', models.CharField(blank=True, max_length=150)),
                        ('decided_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-published_at', '-pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('verdict', '')), fields=['channel'], name='foreign_post_open'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('channel', 'external_id'), name='one_row_a_foreign_post'),
                        ],
                    },
                ),
            ],
        ),
    ]
