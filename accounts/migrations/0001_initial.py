import uuid

import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('units', '0001_initial'),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                        ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                        ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                        ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                        ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('full_name', models.CharField(max_length=100, verbose_name='full name')),
                        ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                        ('language', models.CharField(default='vi', max_length=5, verbose_name='language')),
                        ('search', models.CharField(default='', editable=False, max_length=300)),
                        ('open_folds', models.JSONField(default=list, editable=False)),
                        ('saved_views', models.JSONField(default=dict, editable=False)),
                        ('disabled_at', models.DateTimeField(editable=False, null=True)),
                        ('pseudonymised_at', models.DateTimeField(editable=False, null=True)),
                        ('trained_on', models.DateField(editable=False, null=True, verbose_name='training completed on')),
                        ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                        ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Appointment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to=settings.AUTH_USER_MODEL)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='units.unit')),
                        ('role', models.CharField(choices=[('officer', 'Drafting officer'), ('approver', 'Approving leader'), ('supervisor', 'Supervisor'), ('overseer', 'Provincial overseer'), ('administrator', 'System administrator')], max_length=15, verbose_name='role')),
                        ('title', models.CharField(blank=True, max_length=100, verbose_name='position')),
                        ('valid_from', models.DateField(default=django.utils.timezone.localdate, verbose_name='valid from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                        ('appointed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                        ('approves_from', models.DateTimeField(blank=True, editable=False, null=True)),
                    ],
                    options={
                        'ordering': ['unit__path', 'role'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('user', 'unit', 'role'), name='one_open_appointment_a_role'),
                            models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='appointment_valid_to_after_from'),
                            models.CheckConstraint(condition=models.Q(('appointed_by', None), models.Q(('appointed_by', models.F('user')), _negated=True), _connector='OR'), name='nobody_appoints_themselves'),
                            models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(models.Q(('confirmed_by', models.F('user')), _negated=True), models.Q(('confirmed_by', models.F('appointed_by')), _negated=True)), _connector='OR'), name='appointment_confirmed_by_another'),
                            models.CheckConstraint(condition=models.Q(('appointed_by', None), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), models.Q(('role__in', ['administrator', 'approver', 'overseer']), _negated=True), _connector='OR'), name='grave_appointment_is_confirmed'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='BreakGlassAccount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='break_glass', to=settings.AUTH_USER_MODEL)),
                        ('operator', models.CharField(max_length=100)),
                        ('reason', models.CharField(max_length=500)),
                        ('marked_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='ClaimMapping',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('kind', models.CharField(choices=[('unit', 'Unit'), ('role', 'Role')], max_length=4)),
                        ('value', models.CharField(max_length=200)),
                        ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('role', models.CharField(blank=True, choices=[('officer', 'Drafting officer'), ('approver', 'Approving leader'), ('supervisor', 'Supervisor'), ('overseer', 'Provincial overseer'), ('administrator', 'System administrator')], max_length=15)),
                        ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('proposed_at', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['kind', 'value'],
                        'constraints': [
                            models.UniqueConstraint(fields=('kind', 'value'), name='one_meaning_a_claim_value'),
                            models.CheckConstraint(condition=models.Q(models.Q(('kind', 'unit'), ('role', ''), ('unit__isnull', False)), models.Q(('kind', 'role'), ('unit', None), models.Q(('role', ''), _negated=True)), _connector='OR'), name='claim_value_means_what_its_kind_says'),
                            models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='claim_mapping_confirmed_by_another'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Delegation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='units.unit')),
                        ('chief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_given', to=settings.AUTH_USER_MODEL)),
                        ('deputy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL)),
                        ('chief_position', models.CharField(max_length=100)),
                        ('deputy_position', models.CharField(max_length=100)),
                        ('valid_from', models.DateField()),
                        ('valid_to', models.DateField()),
                        ('reason', models.CharField(max_length=500)),
                        ('given_at', models.DateTimeField()),
                        ('approves_from', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('ended_position', models.CharField(blank=True, max_length=150)),
                        ('end_reason', models.CharField(blank=True, max_length=500)),
                        ('end_notices', models.PositiveSmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        'ordering': ['-valid_from', '-pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('ended_at', None)), fields=['deputy'], name='delegation_open'),
                        ],
                        'constraints': [
                            models.CheckConstraint(condition=models.Q(('chief', models.F('deputy')), _negated=True), name='nobody_is_their_own_deputy'),
                            models.CheckConstraint(condition=models.Q(('valid_to__gte', models.F('valid_from'))), name='delegation_ends_after_it_begins'),
                            models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_delegation_has_a_reason'),
                            models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='who_ended_a_delegation_is_known'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='FactorDate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField(verbose_name='first day')),
                        ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('set_at', models.DateTimeField()),
                    ],
                    options={
                        'get_latest_by': 'pk',
                    },
                ),
                migrations.CreateModel(
                    name='FactorReset',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='factor_resets', to=settings.AUTH_USER_MODEL)),
                        ('reason', models.CharField(max_length=500)),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('asked_at', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('due_at', models.DateTimeField(null=True)),
                        ('stopped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('stopped_at', models.DateTimeField(null=True)),
                        ('done_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-asked_at', '-pk'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('done_at', None), ('stopped_at', None)), fields=('user',), name='one_open_factor_reset_a_person'),
                            models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by', models.F('asked_by')), _negated=True), models.Q(('user', models.F('asked_by')), _negated=True), models.Q(('user', models.F('confirmed_by')), _negated=True)), name='factor_reset_by_two_others'),
                            models.CheckConstraint(condition=models.Q(('done_at', None), models.Q(('confirmed_by__isnull', False), ('due_at__lte', models.F('done_at')), ('stopped_at', None)), _connector='OR'), name='factor_reset_done_when_due'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Invitation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL)),
                        ('secret_hash', models.CharField(max_length=64, unique=True)),
                        ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('withdrawn_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='MinistryIdentity',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='ministry_identity', to=settings.AUTH_USER_MODEL)),
                        ('issuer', models.CharField(max_length=255)),
                        ('subject', models.CharField(max_length=255)),
                        ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('linked_at', models.DateTimeField()),
                        ('factor_from', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('issuer', 'subject'), name='one_person_a_ministry_identity'),
                            models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by', models.F('proposed_by')), _negated=True), models.Q(('user', models.F('proposed_by')), _negated=True), models.Q(('user', models.F('confirmed_by')), _negated=True)), name='ministry_identity_by_two_others'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='MinistryRequest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('issuer', models.CharField(max_length=255)),
                        ('subject', models.CharField(max_length=255)),
                        ('code', models.CharField(max_length=9)),
                        ('name', models.CharField(blank=True, max_length=100)),
                        ('units', models.JSONField(default=list)),
                        ('roles', models.JSONField(default=list)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.unit')),
                        ('role', models.CharField(blank=True, choices=[('officer', 'Drafting officer'), ('approver', 'Approving leader'), ('supervisor', 'Supervisor'), ('overseer', 'Provincial overseer'), ('administrator', 'System administrator')], max_length=15)),
                        ('asked_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='ministry_requests', to=settings.AUTH_USER_MODEL)),
                        ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('proposed_at', models.DateTimeField(null=True)),
                        ('refused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('refused_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        'ordering': ['asked_at', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(fields=('issuer', 'subject'), name='one_ministry_request_a_subject'),
                            models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('user',), name='one_ministry_request_a_person'),
                            models.CheckConstraint(condition=models.Q(models.Q(('proposed_at', None), ('proposed_by', None), ('user', None)), models.Q(('proposed_at__isnull', False), ('proposed_by__isnull', False), ('user__isnull', False), models.Q(('user', models.F('proposed_by')), _negated=True)), _connector='OR'), name='ministry_request_proposed_by_another'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Notice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
                        ('kind', models.CharField(max_length=40)),
                        ('facts', models.JSONField(default=dict)),
                        ('address', models.CharField(max_length=300)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('read_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-created_at', '-pk'],
                        'indexes': [
                            models.Index(condition=models.Q(('read_at__isnull', True)), fields=['user'], name='unread_notices'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PendingAppointment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_appointments', to=settings.AUTH_USER_MODEL)),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_appointments', to='units.unit')),
                        ('role', models.CharField(choices=[('officer', 'Drafting officer'), ('approver', 'Approving leader'), ('supervisor', 'Supervisor'), ('overseer', 'Provincial overseer'), ('administrator', 'System administrator')], max_length=15)),
                        ('title', models.CharField(blank=True, max_length=100)),
                        ('valid_from', models.DateField()),
                        ('valid_to', models.DateField(null=True)),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('asked_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('decision', models.CharField(blank=True, choices=[('', 'Waiting'), ('confirmed', 'Confirmed'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], default='', max_length=10)),
                        ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('replaces', models.ManyToManyField(related_name='+', to='accounts.appointment')),
                    ],
                    options={
                        'ordering': ['asked_at', 'pk'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('decision', '')), fields=('user', 'unit', 'role'), name='one_pending_appointment_a_role'),
                            models.CheckConstraint(condition=models.Q(('asked_by', models.F('user')), _negated=True), name='nobody_proposes_themselves'),
                            models.CheckConstraint(condition=models.Q(models.Q(('decision', 'confirmed'), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('asked_by')), _negated=True), models.Q(('decided_by', models.F('user')), _negated=True)), _connector='OR'), name='proposal_confirmed_by_another'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='PeopleImport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('file_name', models.CharField(max_length=200)),
                        ('rows', models.JSONField()),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('applied_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Session',
                    fields=[
                        ('session_data', models.TextField(verbose_name='session data')),
                        ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                        ('session_key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'session',
                        'verbose_name_plural': 'sessions',
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SystemChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('kind', models.CharField(choices=[('administrator', 'Appoint as an administrator of the ministry'), ('operator', 'Make a system operator'), ('disable', 'Disable the account'), ('enable', 'Enable the account')], max_length=15)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='system_changes', to=settings.AUTH_USER_MODEL)),
                        ('reason', models.CharField(max_length=500)),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('asked_at', models.DateTimeField()),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('done_at', models.DateTimeField(null=True)),
                        ('stopped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('stopped_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['-asked_at', '-pk'],
                        'constraints': [
                            models.UniqueConstraint(condition=models.Q(('done_at', None), ('stopped_at', None)), fields=('user',), name='one_open_system_change_a_person'),
                            models.CheckConstraint(condition=models.Q(('user', models.F('asked_by')), _negated=True), name='nobody_proposes_their_own_system_change'),
                            models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by', None), ('done_at', None)), models.Q(('confirmed_by__isnull', False), ('done_at__isnull', False), ('stopped_at', None), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), models.Q(('confirmed_by', models.F('user')), _negated=True)), _connector='OR'), name='system_change_confirmed_by_another'),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Waiver',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waivers', to='accounts.appointment')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('position', models.CharField(max_length=150)),
                        ('leads', models.BooleanField()),
                        ('reason', models.CharField(max_length=500)),
                        ('at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [
                            models.UniqueConstraint(fields=('appointment', 'by'), name='one_waiver_a_leader'),
                        ],
                    },
                ),
            ],
        ),
    ]
