import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('media', '0001_initial'),
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Topic',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=30, unique=True)),
                        ('name_vi', models.CharField(max_length=80)),
                        ('name_en', models.CharField(max_length=80)),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                    ],
                    options={
                        'ordering': ['position', 'code'],
                    },
                ),
                migrations.CreateModel(
                    name='Campaign',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='units.unit')),
                        ('name', models.CharField(max_length=150, verbose_name='name')),
                        ('aim', models.TextField(blank=True, max_length=2000, verbose_name='aim')),
                        ('starts_on', models.DateField(verbose_name='starts on')),
                        ('ends_on', models.DateField(verbose_name='ends on')),
                        ('spread_minutes', models.PositiveSmallIntegerField(default=0, verbose_name='spread over minutes')),
                        ('target_posts', models.PositiveIntegerField(blank=True, null=True, verbose_name='posts published')),
                        ('target_units', models.PositiveIntegerField(blank=True, null=True, verbose_name='units taking part')),
                        ('target_reach', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='reach')),
                        ('target_clicks', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='clicks')),
                        ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('closed_at', models.DateTimeField(editable=False, null=True)),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('search', models.CharField(editable=False, max_length=200)),
                        ('topics', models.ManyToManyField(blank=True, to='campaigns.topic', verbose_name='topics')),
                        ('helpers', models.ManyToManyField(blank=True, related_name='helped_campaigns', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['-starts_on', '-pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='campaign_ends_after_start'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='CampaignResult',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='result', to='campaigns.campaign')),
                        ('content', models.JSONField()),
                        ('content_sha256', models.CharField(max_length=64)),
                        ('lessons', models.TextField(max_length=2000, verbose_name='lessons')),
                        ('closed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('closed_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Document',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='campaigns.campaign')),
                        ('name', models.CharField(max_length=200, verbose_name='name of the document')),
                        ('number', models.CharField(blank=True, max_length=60, verbose_name='number')),
                        ('link', models.URLField(blank=True, max_length=500, verbose_name='link')),
                        ('text', models.TextField(blank=True, max_length=2000, verbose_name='what matters of it')),
                    ],
                    options={
                        'ordering': ['pk'],
                    },
                ),
                migrations.CreateModel(
                    name='Kit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('announced_upto', models.PositiveBigIntegerField(db_default=0, default=0, editable=False)),
                        ('announced_at', models.DateTimeField(editable=False, null=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kits', to='units.unit')),
                        ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kits', to='campaigns.campaign', verbose_name='campaign')),
                        ('topic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.topic', verbose_name='topic')),
                        ('name', models.CharField(max_length=120, verbose_name='name of the kit')),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                        ('current', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.kitversion')),
                        ('withdrawn_at', models.DateTimeField(null=True)),
                        ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('withdraw_reason', models.CharField(blank=True, default='', max_length=500)),
                        ('taken_down', models.BooleanField(default=False)),
                        ('search', models.CharField(editable=False, max_length=200)),
                    ],
                    options={
                        'ordering': ['-created_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', '-created_at'], name='kit_unit_created'),
                            models.Index(condition=models.Q(('current__isnull', False), ('withdrawn_at', None)), fields=['unit'], name='kit_open'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdraw_reason', ''), _negated=True)), _connector='OR'), name='who_withdrew_a_kit_and_why'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='CampaignFile',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='campaigns.campaign')),
                        ('kit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='files', to='campaigns.kit')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('name', models.CharField(max_length=120, verbose_name='name of the file')),
                        ('kind', models.CharField(choices=[('pdf', 'PDF'), ('word', 'Word'), ('excel', 'Excel'), ('picture', 'Picture')], max_length=10)),
                        ('content_type', models.CharField(max_length=100)),
                        ('size', models.PositiveIntegerField()),
                        ('sha256', models.CharField(max_length=64)),
                        ('state', models.CharField(choices=[('waiting', 'is being checked'), ('ready', 'checked'), ('refused', 'not taken')], default='waiting', max_length=10)),
                        ('refusal', models.CharField(blank=True, choices=[('broken', 'It cannot be read, or it is not what its name says. Save it anew, or as PDF.'), ('locked', 'It is locked by a password. Save it without one.'), ('active', 'It holds macros, scripts, embedded files or links to other files. Save it as a plain PDF, .docx or .xlsx.'), ('large', 'It is far larger inside than outside, or has too much text. Split it.'), ('harmful', 'The virus scanner found something harmful in it.'), ('marked', "It bears a mark of secrecy. Stop, and report it to your unit's leader."), ('leak', 'It holds data of a person that may not stand here. Take that out, then add it again.')], default='', max_length=10)),
                        ('was_read', models.BooleanField(default=False)),
                        ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('added_at', models.DateTimeField()),
                        ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='campaign_file', to='core.job')),
                    ],
                    options={
                        'db_table': 'campaigns_file',
                        'ordering': ['added_at', 'pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), models.Q(('refusal', ''), _negated=True)), models.Q(models.Q(('state', 'refused'), _negated=True), ('refusal', '')), _connector='OR'), name='a_file_is_refused_for_a_reason'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='KitVersion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('legal_basis', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='legal basis')),
                        ('legal_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                        ('legal_until', models.DateField(blank=True, null=True, verbose_name='in force until')),
                        ('source', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='source of the warning')),
                        ('announced_upto', models.PositiveBigIntegerField(db_default=0, default=0, editable=False)),
                        ('announced_at', models.DateTimeField(editable=False, null=True)),
                        ('kit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='campaigns.kit')),
                        ('number', models.PositiveIntegerField()),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('in_review', 'waits for approval'), ('returned', 'returned'), ('approved', 'approved'), ('issued', 'issued'), ('replaced', 'replaced by a newer version')], default='draft', max_length=10)),
                        ('title', models.CharField(blank=True, max_length=150, verbose_name='title')),
                        ('text', models.TextField(blank=True, max_length=10000, verbose_name='common text')),
                        ('texts', models.JSONField(default=dict)),
                        ('placeholders', models.JSONField(default=list)),
                        ('script', models.TextField(blank=True, max_length=5000, verbose_name='loudspeaker text')),
                        ('poster', models.JSONField(db_default={}, default=dict)),
                        ('link', models.URLField(blank=True, max_length=500, verbose_name='link')),
                        ('window_from', models.DateField(blank=True, null=True, verbose_name='first day')),
                        ('window_until', models.DateField(blank=True, null=True, verbose_name='last day')),
                        ('best_from', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='best from (hour)')),
                        ('best_until', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='best until (hour)')),
                        ('platforms', models.JSONField(default=list)),
                        ('own_lines', models.BooleanField(default=False, verbose_name='units may add lines of their own')),
                        ('note', models.TextField(blank=True, max_length=1000, verbose_name='note for officers')),
                        ('changes', models.TextField(blank=True, max_length=1000, verbose_name='what is new')),
                        ('all_below', models.BooleanField(default=False)),
                        ('for_levels', models.JSONField(default=list)),
                        ('for_kinds', models.JSONField(default=list)),
                        ('aimed_at', models.CharField(default='', editable=False, max_length=200)),
                        ('by_provinces', models.BooleanField(default=False, verbose_name='by way of the provinces')),
                        ('spread_minutes', models.PositiveSmallIntegerField(default=0, verbose_name='spread over minutes')),
                        ('content_sha256', models.CharField(blank=True, max_length=64)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('last_editor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('changed_at', models.DateTimeField()),
                        ('edition', models.PositiveIntegerField(default=1)),
                        ('submitted_at', models.DateTimeField(null=True)),
                        ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('approved_at', models.DateTimeField(null=True)),
                        ('method', models.CharField(blank=True, db_default='', default='', max_length=10)),
                        ('key_id', models.CharField(blank=True, db_default='', default='', max_length=16)),
                        ('seal', models.CharField(blank=True, db_default='', default='', max_length=64)),
                        ('assertion', models.JSONField(null=True)),
                        ('return_reason', models.CharField(blank=True, default='', max_length=500)),
                        ('issued_at', models.DateTimeField(null=True)),
                        ('for_units', models.ManyToManyField(related_name='+', to='units.unit')),
                        ('writers', models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['-number'],
                        'indexes': [
                            models.Index(condition=models.Q(('announced_at', None), ('state', 'issued')), fields=['announced_at'], name='kit_version_to_announce'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('kit', 'number'), name='kit_version_number_once'),
                            models.UniqueConstraint(condition=models.Q(('state__in', ['approved', 'draft', 'in_review', 'returned'])), fields=('kit',), name='one_open_version_a_kit'),
                            models.UniqueConstraint(condition=models.Q(('state', 'issued')), fields=('kit',), name='one_issued_version_a_kit'),
                            models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(models.Q(('approved_by', models.F('author')), _negated=True), models.Q(('approved_by', models.F('last_editor')), _negated=True)), _connector='OR'), name='a_kit_is_approved_by_another'),
                            models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'issued', 'replaced']), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('content_sha256', ''), _negated=True)), _connector='OR'), name='who_approved_a_kit_and_what'),
                            models.CheckConstraint(condition=models.Q(('window_from__isnull', True), ('window_until__isnull', True), ('window_until__gte', models.F('window_from')), _connector='OR'), name='a_kit_ends_after_its_start'),
                            models.CheckConstraint(condition=models.Q(models.Q(('best_from__isnull', True), ('best_until__isnull', True)), models.Q(('best_until__gt', models.F('best_from')), ('best_until__lte', 24)), _connector='OR'), name='best_hours_of_a_day'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='KitMedia',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='media', to='campaigns.kitversion')),
                        ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kits', to='media.media')),
                        ('position', models.PositiveSmallIntegerField()),
                        ('alt_text', models.CharField(blank=True, max_length=500, verbose_name='alt text')),
                    ],
                    options={
                        'ordering': ['position', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(fields=('version', 'media'), name='a_picture_once_a_kit'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Adoption',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('kit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='campaigns.kit')),
                        ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='campaigns.kitversion')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='units.unit')),
                        ('opened_at', models.DateTimeField(null=True)),
                        ('adopted_at', models.DateTimeField(null=True)),
                        ('declined_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, choices=[('not_our_area', 'does not happen in our area'), ('done_already', 'we have published on this lately'), ('no_channel', 'no channel that fits'), ('wrong_time', 'the time does not suit'), ('other', 'another reason')], default='', max_length=15)),
                        ('remark', models.CharField(blank=True, default='', max_length=200)),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('values', models.JSONField(default=dict)),
                        ('reminded_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('kit', 'unit'), name='one_adoption_a_unit'),
                            models.CheckConstraint(condition=models.Q(('adopted_at__isnull', True), ('declined_at__isnull', True), _connector='OR'), name='adopted_or_declined'),
                            models.CheckConstraint(condition=models.Q(('declined_at__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_unit_declines_for_a_reason'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Partner',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('kind', models.CharField(choices=[('youth_union', 'Youth Union'), ('womens_union', "Women's Union"), ('fatherland', 'Fatherland Front'), ('veterans', "Veterans' association"), ('farmers', "Farmers' association"), ('school', 'School'), ('agency', 'Agency or public service'), ('company', 'Company or cooperative'), ('other', 'Other organisation'), ('person', 'Person who agreed in writing')], max_length=15, verbose_name='kind')),
                        ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                        ('document_number', models.CharField(max_length=80, verbose_name='number of the document')),
                        ('document_title', models.CharField(blank=True, max_length=200, verbose_name='title of the document')),
                        ('document_date', models.DateField(verbose_name='date of the document')),
                        ('filed_at', models.CharField(blank=True, max_length=200, verbose_name='where it is filed')),
                        ('starts_on', models.DateField(verbose_name='from')),
                        ('ends_on', models.DateField(verbose_name='to')),
                        ('sealed', models.BinaryField(null=True)),
                        ('renews', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='campaigns.partner')),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                        ('warned_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('end_reason', models.CharField(blank=True, max_length=500)),
                        ('search', models.CharField(editable=False, max_length=201)),
                    ],
                    options={
                        'ordering': ['-created_at', '-pk'],
                        'indexes': [
                            models.Index(fields=['unit', '-created_at', '-id'], name='partners_of_unit'),
                            models.Index(condition=models.Q(('ended_at', None)), fields=['ends_on'], name='partner_agreement_ends'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('document_number__regex', '^\\s*$'), _negated=True), name='partner_has_a_document'),
                            models.CheckConstraint(condition=models.Q(('document_date__lte', models.F('starts_on')), ('ends_on__gte', models.F('starts_on'))), name='partner_consents_before_and_until'),
                            models.CheckConstraint(condition=models.Q(models.Q(('kind', 'person'), ('name', '')), models.Q(models.Q(('kind', 'person'), _negated=True), models.Q(('name', ''), _negated=True)), _connector='OR'), name='only_organisations_bear_a_name'),
                            models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('sealed__isnull', False)), models.Q(('document_title', ''), ('ended_at__isnull', False), ('filed_at', ''), ('sealed__isnull', True)), _connector='OR'), name='an_ended_partner_has_no_contact'),
                            models.CheckConstraint(condition=models.Q(('ended_by__isnull', True), models.Q(('end_reason', ''), _negated=True), _connector='OR'), name='a_partner_is_ended_for_a_reason'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerPlace',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='campaigns.partner')),
                        ('kind', models.CharField(choices=[('page', 'own page'), ('notice_board', 'notice board'), ('loudspeaker', 'loudspeaker')], max_length=15)),
                        ('address', models.URLField(blank=True, max_length=300)),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [
                            models.UniqueConstraint(fields=('partner', 'kind', 'address'), name='a_place_once_a_partner'),
                            models.CheckConstraint(condition=models.Q(models.Q(('kind', 'page'), models.Q(('address', ''), _negated=True)), models.Q(models.Q(('kind', 'page'), _negated=True), ('address', '')), _connector='OR'), name='a_partners_page_has_an_address'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Passing',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('announced_upto', models.PositiveBigIntegerField(db_default=0, default=0, editable=False)),
                        ('announced_at', models.DateTimeField(editable=False, null=True)),
                        ('kit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='passings', to='campaigns.kit')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('at', models.DateTimeField()),
                        ('note', models.CharField(blank=True, max_length=1000)),
                    ],
                    options={
                        'ordering': ['-at', '-pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('announced_at', None)), fields=['announced_at'], name='passing_to_announce'),
                        ],
                        'constraints': [
                            models.UniqueConstraint(fields=('kit', 'unit'), name='passed_on_once_a_province'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Phase',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phases', to='campaigns.campaign')),
                        ('name', models.CharField(max_length=80, verbose_name='name of the phase')),
                        ('starts_on', models.DateField(verbose_name='first day')),
                        ('ends_on', models.DateField(verbose_name='last day')),
                    ],
                    options={
                        'ordering': ['starts_on', 'ends_on', 'pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='phase_ends_after_start'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PublicSummary',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='public_summary', to='campaigns.campaign')),
                        ('deliveries', models.JSONField(default=list)),
                        ('shown_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('shown_at', models.DateTimeField()),
                        ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('revoked_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('revoked_at__isnull', True), ('revoked_by__isnull', True)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False)), _connector='OR'), name='who_revoked_a_summary_and_when'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='TopicRule',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('topic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='campaigns.topic', verbose_name='topic')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='topic_rules', to='units.unit')),
                        ('asks', models.CharField(choices=[('second', 'a second approval by the province'), ('legal', 'a legal basis: the document and its days in force'), ('valid', 'a time until which the post is valid'), ('source', 'the source of its warning')], max_length=10, verbose_name='what posts need')),
                        ('valid_from', models.DateField(verbose_name='first day')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='last day')),
                        ('reason', models.CharField(max_length=500)),
                        ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('set_at', models.DateTimeField()),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['topic__position', 'topic__code', 'unit__path', '-valid_from'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('ended_at', None), ('valid_to__isnull', True)), fields=('topic', 'unit', 'asks'), name='one_open_rule_a_topic'),
                            models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='topic_rule_ends_after_start'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ChecklistItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checklist', to='campaigns.campaign')),
                        ('text', models.CharField(max_length=200, verbose_name='what is to be done')),
                        ('due_on', models.DateField(verbose_name='due by')),
                        ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('done_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['due_on', 'pk'],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('done_by__isnull', True)), models.Q(('done_at__isnull', False), ('done_by__isnull', False)), _connector='OR'), name='who_did_an_item_and_when'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='FilePart',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='campaigns.campaignfile')),
                        ('number', models.PositiveSmallIntegerField()),
                        ('data', models.BinaryField()),
                    ],
                    options={
                        'db_table': 'campaigns_filepart',
                        'ordering': ['number'],
                        'constraints': [
                            models.UniqueConstraint(fields=('file', 'number'), name='one_part_a_number_of_a_file'),
                        ],
                    },
                ),
            ],
        ),
    ]
