import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import channels.states
import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('channels', '0001_initial'),
        ('links', '0001_initial'),
        ('posts', '0001_initial'),
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Heartbeat',
                    fields=[
                        ('queue', models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ('last_seen_at', models.DateTimeField()),
                        ('started_at', models.DateTimeField(null=True)),
                        ('process', models.CharField(db_default='', default='', max_length=32)),
                        ('version', models.CharField(db_default='', default='', max_length=12)),
                        ('stopped_at', models.DateTimeField(null=True)),
                        ('former_end', models.CharField(choices=[('', 'Unknown'), ('orderly', 'Orderly'), ('abrupt', 'Abrupt')], db_default='', default='', max_length=8)),
                        ('is_new_version', models.BooleanField(db_default=False, default=False)),
                    ],
                ),
                migrations.CreateModel(
                    name='RateLimit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('key', models.CharField(blank=True, max_length=64)),
                        ('opens_at', models.DateTimeField()),
                        ('failures', models.PositiveSmallIntegerField(default=0)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('platform', 'key'), name='one_gate_a_key'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Recall',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='units.unit')),
                        ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='posts.post')),
                        ('campaign', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='campaigns.campaign')),
                        ('kit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='campaigns.kit')),
                        ('reason', models.TextField(max_length=500)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('started_at', models.DateTimeField()),
                        ('finished_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-started_at'],
                    },
                ),
                migrations.CreateModel(
                    name='Delivery',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='posts.revision')),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='channels.channel')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='posts.post')),
                        ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('state', models.CharField(choices=[('scheduled', 'scheduled'), ('claimed', 'being prepared'), ('staged', 'prepared'), ('committing', 'being published'), ('processing', 'processed by the platform'), ('verifying', 'being verified'), ('needs_person', 'needs a person'), ('by_hand', 'by hand'), ('published', 'published'), ('recalling', 'being withdrawn'), ('recalled', 'withdrawn'), ('failed', 'not published'), ('expired', 'too late'), ('cancelled', 'cancelled')], default='scheduled', max_length=12)),
                        ('due_at', models.DateTimeField()),
                        ('not_after', models.DateTimeField()),
                        ('fire_at', models.DateTimeField()),
                        ('attempt', models.PositiveSmallIntegerField(default=0)),
                        ('lease_until', models.DateTimeField(null=True)),
                        ('session', models.IntegerField(null=True)),
                        ('draft_ref', models.TextField(blank=True)),
                        ('draft_partial', models.BooleanField(db_default=False, default=False)),
                        ('prepare_at', models.DateTimeField(null=True)),
                        ('preparations', models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ('committing_at', models.DateTimeField(null=True)),
                        ('verify_at', models.DateTimeField(null=True)),
                        ('verify_count', models.PositiveSmallIntegerField(default=0)),
                        ('receipt_source', models.CharField(db_default='platform', default='platform', max_length=10)),
                        ('remote_id', models.CharField(blank=True, max_length=200)),
                        ('permalink', models.URLField(blank=True, max_length=500)),
                        ('published_at', models.DateTimeField(null=True)),
                        ('error_code', models.CharField(blank=True, max_length=40)),
                        ('platform_code', models.CharField(blank=True, max_length=80)),
                        ('error_detail', models.CharField(blank=True, max_length=500)),
                        ('recall', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='publishing.recall')),
                        ('manual_deadline', models.DateTimeField(null=True)),
                        ('left_unpublished_at', models.DateTimeField(null=True)),
                        ('scheduled_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('key_id', models.CharField(blank=True, db_default='', max_length=16)),
                        ('seal', models.CharField(blank=True, db_default='', max_length=64)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'ordering': ['due_at', 'pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('state', 'scheduled')), fields=['platform', 'fire_at'], name='delivery_due'),
                            models.Index(condition=models.Q(('state__in', ['claimed', 'committing', 'staged'])), fields=['lease_until'], name='delivery_leases'),
                            models.Index(condition=models.Q(('state__in', ['verifying', 'recalling', 'processing'])), fields=['verify_at'], name='delivery_doubtful'),
                            models.Index(condition=models.Q(('prepare_at__isnull', False), ('state', 'scheduled'), models.Q(('draft_ref', ''), ('draft_partial', True), _connector='OR')), fields=['platform', 'prepare_at'], name='delivery_to_prepare'),
                            models.Index(fields=['unit', 'due_at'], name='delivery_unit_due'),
                            models.Index(condition=models.Q(('published_at__isnull', False)), fields=['unit', 'published_at'], name='delivery_unit_published'),
                            models.Index(fields=['due_at'], name='delivery_due_at'),
                            models.Index(condition=models.Q(('state__in', ['cancelled', 'expired', 'failed', 'published', 'recalled']), _negated=True), fields=['due_at'], name='delivery_open'),
                            models.Index(condition=models.Q(('state__in', ['needs_person', 'processing'])), fields=['due_at'], name='delivery_undecided'),
                            models.Index(condition=models.Q(('state__in', ['expired', 'failed'])), fields=['due_at'], name='delivery_missed'),
                            models.Index(condition=models.Q(('error_code', 'paused'), ('left_unpublished_at__isnull', True), ('state', 'expired')), fields=['due_at'], name='delivery_kept_back'),
                            models.Index(condition=models.Q(('state', 'published')), fields=['published_at'], name='delivery_published'),
                            models.Index(condition=models.Q(('error_code', 'not_approved'), ('state', 'failed')), fields=['due_at'], name='delivery_not_approved'),
                            models.Index(condition=models.Q(('recall__isnull', False)), fields=['recall', 'state'], name='delivery_recall'),
                            models.Index(condition=models.Q(('recall__isnull', False), ('state__in', ['published', 'scheduled'])), fields=['platform'], name='delivery_to_pull_back'),
                            models.Index(condition=models.Q(models.Q(('state__in', ['failed', 'expired', 'cancelled']), models.Q(('state', 'recalled'), ('verify_at__isnull', False)), _connector='OR'), models.Q(('draft_ref', ''), _negated=True)), fields=['platform'], name='delivery_litter'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('state__in', ['cancelled', 'expired', 'failed', 'recalled']), _negated=True), fields=('post', 'channel'), name='one_live_delivery_a_channel'),
                            models.UniqueConstraint(condition=models.Q(('remote_id', ''), _negated=True), fields=('channel', 'remote_id'), name='one_delivery_a_remote_object'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), models.Q(models.Q(models.Q(('remote_id', ''), _negated=True), models.Q(('receipt_source', 'platform'), _negated=True), _connector='OR'), ('published_at__isnull', False)), _connector='OR'), name='published_has_a_receipt'),
                            models.CheckConstraint(condition=models.Q(('receipt_source', 'platform'), ('remote_id', ''), _connector='OR'), name='only_platforms_give_numbers'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['claimed', 'committing', 'staged']), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='in_hand_has_a_lease'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state', 'cancelled'), _negated=True), models.Q(models.Q(('remote_id', ''), _negated=True), models.Q(('receipt_source', 'platform'), _negated=True), _connector='OR', _negated=True), _connector='OR'), name='cancelled_never_visible'),
                            models.CheckConstraint(condition=models.Q(models.Q(('error_code__in', ['', 'access', 'later']), ('state', 'scheduled')), models.Q(('error_code__in', ['']), ('state', 'claimed')), models.Q(('error_code__in', ['']), ('state', 'staged')), models.Q(('error_code__in', ['']), ('state', 'committing')), models.Q(('error_code__in', ['', 'in_app']), ('state', 'processing')), models.Q(('error_code__in', ['unknown']), ('state', 'verifying')), models.Q(('error_code__in', ['in_app', 'processing', 'unknown', 'withdraw_by_hand', 'withdraw_failed']), ('state', 'needs_person')), models.Q(('error_code__in', ['']), ('state', 'by_hand')), models.Q(('error_code__in', ['', 'in_app']), ('state', 'published')), models.Q(('error_code__in', ['', 'access', 'stopped', 'taken_down']), ('state', 'recalling')), models.Q(('error_code__in', ['', 'by_hand', 'hidden']), ('state', 'recalled')), models.Q(('error_code__in', ['content_changed', 'does_not_fit', 'leak', 'not_approved', 'not_there', 'other', 'refused', 'too_many_tries']), ('state', 'failed')), models.Q(('error_code__in', ['expired', 'paused']), ('state', 'expired')), models.Q(('error_code__in', ['', 'channel_left', 'kit_withdrawn', 'stopped']), ('state', 'cancelled')), _connector='OR'), name='delivery_bears_its_reason'),
                            models.CheckConstraint(condition=models.Q(('not_after__gt', models.F('due_at'))), name='not_after_follows_due'),
                            models.CheckConstraint(condition=models.Q(('left_unpublished_at__isnull', True), models.Q(('error_code', 'paused'), ('state', 'expired')), _connector='OR'), name='only_what_a_pause_kept_back_is_left'),
                            models.CheckConstraint(condition=models.Q(('draft_partial', False), models.Q(models.Q(('draft_ref', ''), _negated=True), models.Q(('state', 'committing'), _negated=True)), _connector='OR'), name='only_whole_drafts_are_shown'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Series',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('title', models.CharField(max_length=200)),
                        ('rhythm', models.CharField(choices=[('days', 'every few days'), ('weeks', 'every few weeks'), ('months', 'every few months')], max_length=10)),
                        ('step', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)])),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('made_at', models.DateTimeField()),
                        ('stopped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('stopped_at', models.DateTimeField(null=True)),
                        ('stop_reason', models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        'ordering': ['-made_at', '-pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('step__gte', 1), ('step__lte', 30)), name='a_series_has_a_step'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Occurrence',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='occurrences', to='publishing.series')),
                        ('post', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='occurrence', to='posts.post')),
                        ('number', models.PositiveSmallIntegerField()),
                    ],
                    options={
                        'ordering': ['number'],
                        'constraints': [
                            models.UniqueConstraint(fields=('series', 'number'), name='an_occurrence_once'),
                            models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 52)), name='a_series_has_an_end'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Slot',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slots', to='units.unit')),
                        ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='slots', to='channels.channel')),
                        ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], validators=[django.core.validators.MaxValueValidator(6)])),
                        ('at', models.TimeField()),
                    ],
                    options={
                        'ordering': ['channel', 'at', 'weekday'],
                        'constraints': [
                            models.UniqueConstraint(fields=('channel', 'weekday', 'at'), name='one_slot_a_time'),
                            models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='slot_on_a_weekday'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='SlotSuggestion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='slot_suggestions', to='units.unit')),
                        ('platform', models.CharField(blank=True, choices=channels.states.platforms, max_length=10)),
                        ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], validators=[django.core.validators.MaxValueValidator(6)])),
                        ('at', models.TimeField()),
                    ],
                    options={
                        'ordering': ['unit', 'platform', 'at', 'weekday'],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'platform', 'weekday', 'at'), name='one_suggestion_a_time'),
                            models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='suggestion_on_a_weekday'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='CalendarLink',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_links', to=settings.AUTH_USER_MODEL)),
                        ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('own_posts', models.BooleanField(default=False)),
                        ('secret_hash', models.CharField(max_length=64)),
                        ('made_at', models.DateTimeField()),
                        ('revoked_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-made_at', '-pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('revoked_at', None)), fields=['user'], name='calendar_link_in_use'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Broadcast',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='broadcasts', to='publishing.delivery')),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('state', models.CharField(choices=[('planned', 'waits for a second person'), ('confirmed', 'confirmed'), ('sending', 'being sent'), ('unknown', 'unknown'), ('sent', 'sent'), ('failed', 'not sent'), ('cancelled', 'called off')], default='planned', max_length=10)),
                        ('reason', models.TextField(max_length=500)),
                        ('followers', models.PositiveIntegerField(null=True)),
                        ('requested_time', models.DateTimeField(null=True)),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('asked_at', models.DateTimeField()),
                        ('asked_until', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_at', models.DateTimeField(null=True)),
                        ('words', models.TextField(blank=True, max_length=500)),
                        ('method', models.CharField(blank=True, max_length=10)),
                        ('key_id', models.CharField(blank=True, max_length=16)),
                        ('seal', models.CharField(blank=True, max_length=64)),
                        ('day', models.DateField(null=True)),
                        ('send_at', models.DateTimeField(null=True)),
                        ('not_after', models.DateTimeField(null=True)),
                        ('tries', models.PositiveSmallIntegerField(default=0)),
                        ('sending_at', models.DateTimeField(null=True)),
                        ('number', models.CharField(blank=True, max_length=100)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('error_code', models.CharField(blank=True, max_length=40)),
                        ('platform_code', models.CharField(blank=True, max_length=80)),
                        ('error_detail', models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        'ordering': ['-asked_at'],
                        'indexes': [
                            models.Index(condition=models.Q(('state__in', ['planned', 'confirmed', 'sending', 'unknown'])), fields=['state', 'send_at'], name='broadcast_open'),
                            models.Index(condition=models.Q(('error_code', 'not_approved'), ('state', 'failed')), fields=['ended_at'], name='broadcast_not_approved'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('state__in', ['cancelled', 'failed']), _negated=True), fields=('delivery',), name='one_broadcast_a_post'),
                            models.CheckConstraint(condition=models.Q(models.Q(('error_code__in', ['']), ('state', 'planned')), models.Q(('error_code__in', ['', 'later']), ('state', 'confirmed')), models.Q(('error_code__in', ['', 'later']), ('state', 'sending')), models.Q(('error_code__in', ['died', 'restored', 'unknown']), ('state', 'unknown')), models.Q(('error_code__in', ['']), ('state', 'sent')), models.Q(('error_code__in', ['access', 'not_approved', 'not_standing', 'not_there', 'refused', 'too_late']), ('state', 'failed')), models.Q(('error_code__in', ['', 'restored', 'unconfirmed']), ('state', 'cancelled')), _connector='OR'), name='broadcast_bears_its_reason'),
                            models.UniqueConstraint(condition=models.Q(('state__in', ['cancelled', 'failed']), _negated=True), fields=('channel', 'day'), name='one_broadcast_a_day'),
                            models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), _connector='OR'), name='broadcast_by_two_people'),
                            models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'cancelled']), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('day__isnull', False), ('not_after__isnull', False), ('send_at__isnull', False)), _connector='OR'), name='broadcast_confirmed_before_sent'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), ('sending_at__isnull', False), _connector='OR'), name='broadcast_call_is_on_record'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), models.Q(('number', ''), _negated=True), ('decided_by__isnull', False), _connector='OR'), name='broadcast_sent_has_a_number'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Attempt',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='publishing.delivery')),
                        ('number', models.PositiveSmallIntegerField()),
                        ('started_at', models.DateTimeField()),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('outcome', models.CharField(blank=True, choices=[('published', 'published'), ('later', 'the platform was not ready; tried again later'), ('refused', 'refused by the platform'), ('access', 'the connection to the channel was lost'), ('unknown', 'no answer; verified on the page'), ('stopped', 'stopped before it was visible'), ('prepared', 'brought to the platform ahead of time'), ('processing', 'taken by the platform, which still works on it')], max_length=20)),
                        ('detail', models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        'ordering': ['number'],
                        'constraints': [
                            models.UniqueConstraint(fields=('delivery', 'number'), name='attempt_number_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Freeze',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('database', models.CharField(max_length=120)),
                        ('frozen_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=40)),
                        ('words', models.TextField(blank=True, max_length=500)),
                        ('frozen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('known_until', models.DateTimeField(null=True)),
                        ('marked_unknown_at', models.DateTimeField(null=True)),
                        ('read_back_at', models.DateTimeField(null=True)),
                        ('release_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('release_words', models.TextField(blank=True, max_length=500)),
                    ],
                    options={
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_freeze_row'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ShareLink',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='campaigns.partner')),
                        ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='posts.post')),
                        ('revision', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.revision')),
                        ('kit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='campaigns.kit')),
                        ('version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.kitversion')),
                        ('values', models.JSONField(default=dict)),
                        ('link', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='links.link')),
                        ('secret_hash', models.CharField(max_length=64)),
                        ('made_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('made_at', models.DateTimeField()),
                        ('expires_on', models.DateField()),
                        ('revoked_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-made_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', '-made_at', '-id'], name='share_links_of_unit'),
                            models.Index(fields=['unit', 'kit'], name='share_links_of_kit'),
                        ],
                        'constraints': [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(('kit__isnull', True), ('post__isnull', False), ('revision__isnull', False), ('version__isnull', True)),
                                    models.Q(('kit__isnull', False), ('post__isnull', True), ('revision__isnull', True), ('version__isnull', False)),
                                    _connector='OR',
                                ),
                                name='a_share_link_has_one_subject',
                            ),
                            models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('partner', 'post'), name='one_active_share_link_a_post'),
                            models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('partner', 'kit'), name='one_active_share_link_a_kit'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Pause',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pauses', to='units.unit')),
                        ('channel', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pauses', to='channels.channel')),
                        ('topic', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.topic')),
                        ('reason', models.TextField(max_length=500, verbose_name='reason')),
                        ('urgent_passes', models.BooleanField(default=False, verbose_name='urgent posts may go out')),
                        ('is_blackout', models.BooleanField(db_default=False, default=False)),
                        ('started_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('authority', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['-created_at'],
                        'indexes': [
                            models.Index(fields=['ended_at', 'started_at'], name='pause_time'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('started_at__isnull', True), ('ended_at__gte', models.F('started_at')), _connector='OR'), name='pause_ends_after_start'),
                            models.CheckConstraint(condition=models.Q(('is_blackout', False), ('started_at__isnull', True), ('ended_at__isnull', False), _connector='OR'), name='blackout_has_an_end'),
                        ],
                    },
                ),
            ],
        ),
    ]
