import datetime
import uuid

import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import channels.states
import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('channels', '0001_initial'),
        ('core', '0001_initial'),
        ('posts', '0001_initial'),
        ('publishing', '0001_initial'),
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='CommentCount',
                    fields=[
                        ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='comment_count', serialize=False, to='publishing.delivery')),
                        ('answered', models.PositiveIntegerField()),
                        ('unanswered', models.PositiveIntegerField()),
                        ('hidden', models.PositiveIntegerField()),
                        ('taken_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='PageLook',
                    fields=[
                        ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='page_look', serialize=False, to='channels.channel')),
                        ('next_at', models.DateTimeField(db_index=True)),
                        ('taken_at', models.DateTimeField(null=True)),
                        ('failures', models.PositiveSmallIntegerField(default=0)),
                    ],
                ),
                migrations.CreateModel(
                    name='ReadingUse',
                    fields=[
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10, primary_key=True, serialize=False)),
                        ('began_at', models.DateTimeField()),
                        ('used', models.PositiveIntegerField(default=0)),
                        ('used_for_pages', models.PositiveIntegerField(default=0)),
                        ('closed_until', models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='SpentTicket',
                    fields=[
                        ('key', models.CharField(max_length=16, primary_key=True, serialize=False)),
                        ('spent_at', models.DateTimeField(db_index=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='Thinned',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('until', models.DateField()),
                    ],
                ),
                migrations.CreateModel(
                    name='ChangedDay',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('kind', models.CharField(choices=[('due', 'Due'), ('written', 'Written'), ('published', 'Published'), ('gained', 'Gained'), ('followed', 'Followed')], max_length=10)),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('day', models.DateField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Example',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='units.unit')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('topic', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.topic')),
                        ('why_heard', models.CharField(max_length=200)),
                        ('why_clear', models.CharField(max_length=200)),
                        ('advice', models.CharField(max_length=200)),
                        ('rhythm', models.CharField(blank=True, db_default='', default='', max_length=10)),
                        ('step', models.PositiveSmallIntegerField(null=True)),
                        ('state', models.CharField(choices=[('proposed', 'proposed, waits for the province'), ('province', 'accepted by the province'), ('nation', 'accepted by the ministry'), ('returned', 'returned to the unit'), ('withdrawn', 'withdrawn')], db_index=True, default='proposed', max_length=10)),
                        ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('proposed_at', models.DateTimeField()),
                        ('province_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('province_at', models.DateTimeField(null=True)),
                        ('nation_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('nation_at', models.DateTimeField(null=True)),
                        ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, default='', max_length=500)),
                        ('platforms', models.CharField(max_length=120)),
                        ('figures', models.JSONField()),
                        ('followers', models.PositiveBigIntegerField(null=True)),
                        ('as_of', models.DateTimeField(null=True)),
                        ('relative', models.FloatField(null=True)),
                        ('reused', models.PositiveIntegerField(default=0)),
                        ('search', models.TextField(default='', editable=False)),
                    ],
                    options={
                        'ordering': ['-proposed_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', '-proposed_at'], name='example_unit_proposed'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('province_by__isnull', True), models.Q(('province_by', models.F('proposed_by')), _negated=True), _connector='OR'), models.Q(('nation_by__isnull', True), models.Q(models.Q(('nation_by', models.F('proposed_by')), _negated=True), models.Q(('province_by__isnull', True), models.Q(('nation_by', models.F('province_by')), _negated=True), _connector='OR')), _connector='OR')), name='nobody_accepts_an_example_twice'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['returned', 'withdrawn']), _negated=True), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='an_example_ends_for_a_reason'),
                            models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 'province'), _negated=True), ('province_by__isnull', False), _connector='OR'), models.Q(models.Q(('state', 'nation'), _negated=True), ('nation_by__isnull', False), _connector='OR')), name='who_accepted_an_example'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ExamplePost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('example', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='posts', to='engagement.example')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.post')),
                        ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='posts.revision')),
                        ('position', models.PositiveSmallIntegerField()),
                    ],
                    options={
                        'ordering': ['position', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(fields=('example', 'post'), name='a_post_once_an_example'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ExampleUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('example', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='engagement.example')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='posts.post')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('at', models.DateTimeField()),
                        ('noticed_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-at', '-pk'],
                        'indexes': [
                            models.Index(fields=['example', '-at'], name='example_use_at'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Export',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='core.job')),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('kind', models.CharField(max_length=30)),
                        ('format', models.CharField(max_length=4)),
                        ('language', models.CharField(max_length=10)),
                        ('params', models.JSONField(default=dict)),
                        ('positions', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                        ('name', models.CharField(max_length=100)),
                        ('page', models.CharField(max_length=1000)),
                        ('total', models.PositiveIntegerField()),
                        ('size', models.PositiveIntegerField(default=0)),
                        ('asked_at', models.DateTimeField()),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ExportPart',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('export', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='engagement.export')),
                        ('number', models.PositiveIntegerField()),
                        ('data', models.BinaryField()),
                    ],
                    options={
                        'ordering': ['number'],
                        'constraints': [
                            models.UniqueConstraint(fields=('export', 'number'), name='one_part_a_number'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='FollowerCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='follower_counts', to='channels.channel')),
                        ('day', models.DateField()),
                        ('followers', models.PositiveBigIntegerField()),
                    ],
                    options={
                        'ordering': ['day'],
                        'indexes': [
                            models.Index(fields=['day'], name='follower_count_day'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('channel', 'day'), name='one_follower_count_a_day'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Measurement',
                    fields=[
                        ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='measurement', serialize=False, to='publishing.delivery')),
                        ('next_at', models.DateTimeField(null=True)),
                        ('taken_at', models.DateTimeField(null=True)),
                        ('source', models.CharField(choices=[('platform', 'told by the platform'), ('hand', 'entered by hand')], default='platform', max_length=10)),
                        ('failures', models.PositiveSmallIntegerField(default=0)),
                        ('views', models.PositiveBigIntegerField(null=True)),
                        ('reach', models.PositiveBigIntegerField(null=True)),
                        ('reactions', models.PositiveBigIntegerField(null=True)),
                        ('comments', models.PositiveBigIntegerField(null=True)),
                        ('shares', models.PositiveBigIntegerField(null=True)),
                        ('saves', models.PositiveBigIntegerField(null=True)),
                        ('clicks', models.PositiveBigIntegerField(null=True)),
                        ('watch_seconds', models.PositiveBigIntegerField(null=True)),
                    ],
                    options={
                        'indexes': [
                            models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='measurement_due'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='MetricName',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('of_page', models.BooleanField()),
                        ('name', models.CharField(max_length=100)),
                        ('told_at', models.DateTimeField(null=True)),
                        ('left_out', models.PositiveIntegerField(default=0)),
                        ('refused_at', models.DateTimeField(null=True)),
                        ('refusals', models.PositiveIntegerField(default=0)),
                        ('ask_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('platform', 'of_page', 'name'), name='metric_name_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PageCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='page_counts', to='channels.channel')),
                        ('day', models.DateField()),
                        ('taken_at', models.DateTimeField()),
                        ('views', models.PositiveBigIntegerField(null=True)),
                        ('reach', models.PositiveBigIntegerField(null=True)),
                        ('profile_visits', models.PositiveBigIntegerField(null=True)),
                        ('followers_gained', models.PositiveBigIntegerField(null=True)),
                        ('followers_lost', models.PositiveBigIntegerField(null=True)),
                    ],
                    options={
                        'ordering': ['day'],
                        'indexes': [
                            models.Index(fields=['day'], name='page_count_day'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('channel', 'day'), name='one_page_count_a_day'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PageCorrection',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('count', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='engagement.pagecount')),
                        ('measure', models.CharField(max_length=20)),
                        ('was', models.PositiveBigIntegerField()),
                        ('became', models.PositiveBigIntegerField()),
                        ('at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['at'],
                    },
                ),
                migrations.CreateModel(
                    name='PageDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('channel', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='channels.channel')),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('topic', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.topic')),
                        ('kit', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.kit')),
                        ('day', models.DateField()),
                        ('publications', models.PositiveIntegerField()),
                        ('views_of', models.PositiveIntegerField()),
                        ('reach_of', models.PositiveIntegerField()),
                        ('reactions_of', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['unit', 'day'], name='page_day_unit'),
                            models.Index(fields=['day'], name='page_day'),
                            models.Index(fields=['topic', 'day'], name='page_day_topic'),
                            models.Index(condition=models.Q(('kit__isnull', False)), fields=['kit', 'day'], name='page_day_kit'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(models.F('channel'), models.F('unit'), models.F('day'), django.db.models.functions.comparison.Coalesce('topic', 0), django.db.models.functions.comparison.Coalesce('kit', 0), name='page_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PlatformDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('province', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('day', models.DateField()),
                        ('publications', models.PositiveIntegerField()),
                        ('views_of', models.PositiveIntegerField()),
                        ('reach_of', models.PositiveIntegerField()),
                        ('reactions_of', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['province', 'day'], name='platform_day_province'),
                            models.Index(fields=['day'], name='platform_day'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('province', 0), models.F('platform'), models.F('day'), name='platform_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PostDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='posts.post')),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('campaign', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.campaign')),
                        ('topic', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.topic')),
                        ('kit', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.kit')),
                        ('day', models.DateField()),
                        ('publications', models.PositiveIntegerField()),
                        ('withdrawn', models.PositiveIntegerField()),
                        ('manual', models.PositiveIntegerField()),
                        ('highest', models.BigIntegerField(null=True)),
                        ('as_of', models.DateTimeField(null=True)),
                        ('views_of', models.PositiveIntegerField()),
                        ('reach_of', models.PositiveIntegerField()),
                        ('reactions_of', models.PositiveIntegerField()),
                        ('comments_of', models.PositiveIntegerField()),
                        ('shares_of', models.PositiveIntegerField()),
                        ('saves_of', models.PositiveIntegerField()),
                        ('clicks_of', models.PositiveIntegerField()),
                        ('watch_seconds_of', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['unit', 'day'], name='post_day_unit'),
                            models.Index(condition=models.Q(('campaign__isnull', False)), fields=['campaign', 'day'], include=('post', 'unit', 'reach', 'clicks', 'highest'), name='post_day_of_campaign'),
                            models.Index(fields=['topic', 'day'], name='post_day_topic'),
                            models.Index(condition=models.Q(('kit__isnull', False)), fields=['kit', 'day'], name='post_day_kit'),
                            models.Index(condition=models.Q(('reach__gt', 0)), fields=['day', '-reach'], name='post_day_reach'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('post', 'unit', 'day'), name='post_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ProvinceDueDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField()),
                        ('published', models.PositiveIntegerField()),
                        ('due', models.PositiveIntegerField()),
                        ('on_time', models.PositiveIntegerField()),
                        ('failed', models.PositiveIntegerField()),
                        ('last_post', models.DateTimeField(null=True)),
                        ('province', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('day', 'province'), name='province_due_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ProvinceWrittenDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('province', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('day', models.DateField()),
                        ('posts', models.PositiveIntegerField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('day', 'province'), name='province_written_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReplyAllowance',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reply_allowance', to='units.unit')),
                        ('allowed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('allowed_at', models.DateTimeField(auto_now_add=True)),
                        ('reason', models.TextField()),
                    ],
                ),
                migrations.CreateModel(
                    name='ReplyPhrase',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('text', models.CharField(max_length=1000)),
                        ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('proposed_at', models.DateTimeField()),
                        ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('approved_at', models.DateTimeField(null=True)),
                        ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['unit__path', 'text'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', None)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='who_approved_a_phrase_is_known'),
                            models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='a_phrase_is_approved_by_another'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReplyRelease',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('released_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('released_at', models.DateTimeField()),
                        ('until', models.DateTimeField()),
                        ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-released_at', '-pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('person', models.F('released_by')), _negated=True), name='nobody_releases_their_own_answers'),
                            models.CheckConstraint(condition=models.Q(('until__lte', django.db.models.expressions.CombinedExpression(models.F('released_at'), '+', models.Value(datetime.timedelta(days=1))))), name='a_release_lasts_a_day_at_most'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Report',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='units.unit')),
                        ('kind', models.CharField(choices=[('week', 'weekly report'), ('month', 'monthly report'), ('quarter', 'quarterly report'), ('half_year', 'half-yearly report'), ('year', 'yearly report'), ('campaign', 'report on a campaign'), ('ad_hoc', 'report on chosen days')], max_length=10)),
                        ('first', models.DateField(verbose_name='first day')),
                        ('last', models.DateField(verbose_name='last day')),
                        ('due_on', models.DateField(verbose_name='to be sent by')),
                        ('campaign', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('changes', models.TextField(blank=True, max_length=1000, verbose_name='what changed')),
                        ('form', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='engagement.reportform')),
                        ('figures', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='engagement.reportfigures')),
                        ('texts', models.JSONField(default=dict)),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('in_review', 'waits for approval'), ('approved', 'approved, to be signed and sent'), ('sent', 'sent'), ('returned', 'returned by the superior unit')], default='draft', max_length=10)),
                        ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('made_at', models.DateTimeField()),
                        ('changed_at', models.DateTimeField()),
                        ('submitted_at', models.DateTimeField(null=True)),
                        ('number', models.CharField(blank=True, db_default='', max_length=10, verbose_name='number of the paper')),
                        ('signed_on', models.DateField(null=True, verbose_name='day on the paper')),
                        ('sent_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('returned_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('returned_at', models.DateTimeField(null=True)),
                        ('writers', models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['-last', 'kind', '-version'],
                        'indexes': [
                            models.Index(fields=['unit', '-last'], name='report_unit_last'),
                            models.Index(fields=['kind', 'first', 'last', 'unit'], name='report_kind_period'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('campaign__isnull', True)), fields=('unit', 'kind', 'first', 'last', 'version'), name='a_version_of_a_report_once'),
                            models.UniqueConstraint(condition=models.Q(('campaign__isnull', False)), fields=('unit', 'campaign', 'version'), name='a_version_of_a_campaign_report_once'),
                            models.UniqueConstraint(condition=models.Q(('campaign__isnull', True), ('state__in', ['draft', 'in_review'])), fields=('unit', 'kind', 'first', 'last'), name='one_open_version_of_a_report'),
                            models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='report_ends_later'),
                            models.CheckConstraint(condition=models.Q(('version', 1), models.Q(('changes', ''), _negated=True), _connector='OR'), name='a_new_version_says_what_changed'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['returned', 'sent']), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='a_report_was_sent_at_a_time'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state', 'returned'), _negated=True), models.Q(('returned_at__isnull', False), ('returned_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='a_report_is_returned_for_a_reason'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReportApproval',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('report', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='approval', to='engagement.report')),
                        ('content', models.JSONField()),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('approved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('approved_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('author', models.F('approved_by')), _negated=True), name='four_eyes_on_a_report'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReportFigures',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('content', models.JSONField()),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('as_of', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='ReportFile',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='core.job')),
                        ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='engagement.report')),
                        ('format', models.CharField(choices=[('docx', 'Word'), ('pdf', 'PDF'), ('xlsx', 'Excel'), ('scan', 'signed copy')], max_length=5)),
                        ('watched_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, db_default='', max_length=500)),
                        ('made_at', models.DateTimeField(null=True)),
                        ('data', models.BinaryField(null=True)),
                        ('sha256', models.CharField(blank=True, max_length=64)),
                    ],
                    options={
                        'ordering': ['format'],
                        'constraints': [
                            models.UniqueConstraint(fields=('report', 'format'), name='a_report_once_a_format'),
                            models.CheckConstraint(condition=models.Q(('made_at__isnull', True), ('data__isnull', False), _connector='OR'), name='a_file_that_is_ready_has_bytes'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReportForm',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='report_forms', to='units.unit')),
                        ('kind', models.CharField(choices=[('week', 'weekly report'), ('month', 'monthly report'), ('quarter', 'quarterly report'), ('half_year', 'half-yearly report'), ('year', 'yearly report'), ('campaign', 'report on a campaign'), ('ad_hoc', 'report on chosen days')], max_length=10)),
                        ('version', models.PositiveIntegerField()),
                        ('content', models.JSONField()),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('made_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['unit', 'kind', '-version'],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'kind', 'version'), name='a_version_of_a_form_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='TopicDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('province', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('topic', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.topic')),
                        ('day', models.DateField()),
                        ('publications', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['province', 'day'], name='topic_day_province'),
                            models.Index(fields=['day'], name='topic_day'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('province', 0), django.db.models.functions.comparison.Coalesce('topic', 0), models.F('day'), name='topic_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='UnitGain',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('day', models.DateField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['day'], name='unit_gain_day'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'day'), name='unit_gain_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='UnitPeriod',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('first', models.DateField()),
                        ('last', models.DateField()),
                        ('pages', models.PositiveIntegerField()),
                        ('known', models.PositiveIntegerField()),
                        ('followers', models.BigIntegerField(null=True)),
                        ('publications', models.PositiveIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('known_publications', models.PositiveIntegerField(null=True)),
                        ('known_reach', models.BigIntegerField(null=True)),
                        ('known_reactions', models.BigIntegerField(null=True)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('first', 'last', 'unit'), name='unit_period_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='WrittenDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('day', models.DateField()),
                        ('posts', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['day'], name='written_day'),
                            models.Index(fields=['unit', 'day'], include=('posts',), name='written_day_sums'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'day'), name='written_day_of_a_unit_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='BoardNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='board_notes', to='units.unit')),
                        ('first', models.DateField(verbose_name='first day')),
                        ('last', models.DateField(verbose_name='last day')),
                        ('text', models.CharField(max_length=120, verbose_name='note')),
                        ('reaches_below', models.BooleanField(default=False, verbose_name='for all units below, too')),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('written_at', models.DateTimeField()),
                        ('changed_at', models.DateTimeField()),
                        ('removed_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'indexes': [
                            models.Index(condition=models.Q(('removed_at__isnull', True)), fields=['unit', 'first'], name='board_note_of_unit'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='a_note_ends_after_it_begins'),
                            models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='a_note_of_a_board_has_words'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='CampaignGain',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('campaign', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.campaign')),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('published_day', models.DateField()),
                        ('day', models.DateField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['unit', 'day'], name='campaign_gain_unit'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('campaign', 'unit', 'published_day', 'day'), name='campaign_gain_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ChannelDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('views', models.BigIntegerField(null=True)),
                        ('reach', models.BigIntegerField(null=True)),
                        ('reactions', models.BigIntegerField(null=True)),
                        ('comments', models.BigIntegerField(null=True)),
                        ('shares', models.BigIntegerField(null=True)),
                        ('saves', models.BigIntegerField(null=True)),
                        ('clicks', models.BigIntegerField(null=True)),
                        ('watch_seconds', models.BigIntegerField(null=True)),
                        ('campaign', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.campaign')),
                        ('channel', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='channels.channel')),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                        ('platform', models.CharField(choices=channels.states.platforms, max_length=10)),
                        ('day', models.DateField()),
                        ('publications', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['campaign', 'day'], name='channel_day_campaign'),
                            models.Index(fields=['unit', 'day'], name='channel_day_unit'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('campaign', 'channel', 'unit', 'day'), name='channel_day_once'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Count',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='publishing.delivery')),
                        ('taken_at', models.DateTimeField()),
                        ('source', models.CharField(choices=[('platform', 'told by the platform'), ('hand', 'entered by hand')], default='platform', max_length=10)),
                        ('views', models.PositiveBigIntegerField(null=True)),
                        ('reach', models.PositiveBigIntegerField(null=True)),
                        ('reactions', models.PositiveBigIntegerField(null=True)),
                        ('comments', models.PositiveBigIntegerField(null=True)),
                        ('shares', models.PositiveBigIntegerField(null=True)),
                        ('saves', models.PositiveBigIntegerField(null=True)),
                        ('clicks', models.PositiveBigIntegerField(null=True)),
                        ('watch_seconds', models.PositiveBigIntegerField(null=True)),
                    ],
                    options={
                        'ordering': ['taken_at'],
                        'indexes': [
                            models.Index(fields=['delivery', '-taken_at'], name='count_delivery_taken'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='DueDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField()),
                        ('published', models.PositiveIntegerField()),
                        ('due', models.PositiveIntegerField()),
                        ('on_time', models.PositiveIntegerField()),
                        ('failed', models.PositiveIntegerField()),
                        ('last_post', models.DateTimeField(null=True)),
                        ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='units.unit')),
                    ],
                    options={
                        'indexes': [
                            models.Index(fields=['day'], name='due_day'),
                            models.Index(fields=['unit', 'day'], include=('published', 'due', 'on_time', 'failed', 'last_post'), name='due_day_sums'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('unit', 'day'), name='due_day_of_a_unit_once'),
                        ],
                    },
                ),
            ],
        ),
    ]
