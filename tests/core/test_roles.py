"""The database's roles: each connects by itself, does its work, and is refused the rest by
PostgreSQL.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

import retention.tasks
from accounts.people.appointments import build_proposal
from accounts.people.delegations import OVER
from accounts.permissions import Role
from accounts.tasks import expire_pending_appointments, reset_factors, watch_delegations
from audit.models import Entry
from audit.services import record
from audit.tasks import make_checkpoint
from audit.verification import verify_record
from core.management.commands.grant_roles import (
    APPEND_ONLY,
    KEPT,
    ONLY_ADDED,
    REMOVED_BY_WEB,
)
from operations.measure import take_measurement
from posts.models import Post
from posts.origins import starting
from publishing import tasks
from publishing.engine import worker as engine
from publishing.recalls import recalling
from publishing.scheduling import scheduling
from publishing.states import State
from retention.services import apply_rules
from tests import factories
from tests.retention.test_rules import CASES, NOW

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ("web", "worker", "auditor")


@pytest.fixture
def prefix(monkeypatch):
    """Roles of this test alone: they belong to the whole server, where others run their tests,
    too.
    """
    prefix = f"roles_{secrets.token_hex(6)}"
    for kind in KINDS:
        monkeypatch.setenv(f"POSTGRES_{kind.upper()}_PASSWORD", f"it's {kind}")
    call_command("grant_roles", prefix=prefix)
    yield prefix
    with connection.cursor() as cursor:
        for kind in KINDS:
            cursor.execute(f"DROP OWNED BY {prefix}_{kind}")
            cursor.execute(f"DROP ROLE {prefix}_{kind}")
        cursor.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")


def tried(prefix: str, kind: str, statement: str) -> str:
    """Connect as the role and run one statement; return the name of PostgreSQL's refusal, or
    nothing.
    """
    facts = connection.get_connection_params()
    role = {"user": f"{prefix}_{kind}", "password": os.environ[f"POSTGRES_{kind.upper()}_PASSWORD"]}
    opened = psycopg2.connect(
        host=facts["host"], port=facts.get("port"), dbname=facts["dbname"], **role
    )
    try:
        with opened, opened.cursor() as cursor:
            cursor.execute(statement)
        return ""
    except psycopg2.Error as refused:
        return type(refused).__name__
    finally:
        opened.close()


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_web_and_worker_may_not_change_what_only_grows(prefix, kind, table, statement):
    assert tried(prefix, kind, statement.format(table)) == "InsufficientPrivilege"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TABLE audit_entry",
        "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_linked",
        "CREATE ROLE another",
        "DELETE FROM audit_stream",
        "INSERT INTO audit_stream VALUES (99, 0, '')",
        "DELETE FROM django_migrations",
        "TRUNCATE audit_stream",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_no_role_changes_the_schema_other_roles_or_the_ends_of_streams(prefix, kind, statement):
    assert tried(prefix, kind, statement) == "InsufficientPrivilege"


@pytest.mark.parametrize(
    "table",
    [
        "accounts_user",
        "accounts_appointment",
        "mfa_authenticator",
        "posts_review",
        "posts_signature",
        "posts_signedlist",
    ],
)
def test_a_worker_adds_no_person_no_position_no_factor_and_no_decision(prefix, table):
    assert (
        tried(prefix, "worker", f"INSERT INTO {table} SELECT * FROM {table}")
        == "InsufficientPrivilege"
    )
    assert tried(prefix, "web", f"INSERT INTO {table} SELECT * FROM {table}") == ""


# Each would make somebody who publishes, or open an account, with the password of a worker.
TAKEOVERS = [
    "UPDATE accounts_user SET is_superuser = true",
    "UPDATE accounts_user SET is_staff = true",
    "UPDATE accounts_user SET password = 'argon2$x'",
    "UPDATE accounts_user SET email = 'ke@xau.example'",
    "UPDATE accounts_user SET is_active = true",
    "UPDATE accounts_appointment SET role = 'administrator'",
    "UPDATE accounts_appointment SET approves_from = NULL",
    "UPDATE accounts_appointment SET unit_id = unit_id",
    "UPDATE accounts_pendingappointment SET role = 'administrator'",
    "UPDATE accounts_delegation SET deputy_id = chief_id",
    "UPDATE accounts_delegation SET ended_at = NULL",
    "UPDATE accounts_invitation SET secret_hash = 'x'",
    "UPDATE accounts_invitation SET expires_at = now()",
    "UPDATE accounts_factorreset SET confirmed_by_id = asked_by_id",
    "UPDATE accounts_factorreset SET due_at = now()",
    "UPDATE accounts_session SET user_id = 1",
    "UPDATE accounts_session SET session_data = ''",
    "UPDATE accounts_ministryidentity SET subject = 'x'",
    "UPDATE accounts_ministryrequest SET subject = 'x'",
    "UPDATE accounts_peopleimport SET rows = '[]'",
    "UPDATE accounts_systemchange SET confirmed_by_id = 1",
    "UPDATE account_emailaddress SET verified = true",
    "UPDATE account_emailaddress SET email = 'ke@xau.example'",
    "UPDATE mfa_authenticator SET data = '{}'",
    "DELETE FROM mfa_authenticator",
    "UPDATE units_unit SET path = '/'",
    "UPDATE units_unitfacts SET duty_phone = ''",
    "INSERT INTO accounts_delegation SELECT * FROM accounts_delegation",
    "INSERT INTO accounts_pendingappointment SELECT * FROM accounts_pendingappointment",
    "INSERT INTO accounts_waiver SELECT * FROM accounts_waiver",
    "INSERT INTO accounts_factorreset SELECT * FROM accounts_factorreset",
    "INSERT INTO accounts_session SELECT * FROM accounts_session",
    "INSERT INTO accounts_ministryidentity SELECT * FROM accounts_ministryidentity",
    "INSERT INTO accounts_ministryrequest SELECT * FROM accounts_ministryrequest",
    "INSERT INTO accounts_breakglassaccount SELECT * FROM accounts_breakglassaccount",
    "INSERT INTO accounts_systemchange SELECT * FROM accounts_systemchange",
    "INSERT INTO account_emailconfirmation SELECT * FROM account_emailconfirmation",
    "INSERT INTO units_unit SELECT * FROM units_unit",
]


def test_a_worker_gives_nobody_power_and_opens_no_account(prefix):
    unit = factories.UnitFactory()
    leader = factories.person(Role.APPROVER, unit)
    factories.person(Role.OFFICER, unit, is_active=False)
    factories.factor_reset(leader)  # one administrator has asked for it

    done = [statement for statement in TAKEOVERS if not tried(prefix, "worker", statement)]

    assert done == []


def test_a_worker_deletes_no_factor_that_was_set_up_after_the_reset(prefix):
    person = factories.UserFactory()
    first, second = factories.UserFactory(), factories.UserFactory()
    now = timezone.now()
    factories.factor_reset(person, asked_by=first, confirmed_by=second, due_at=now, done_at=now)
    factories.with_app(person)

    assert tried(prefix, "worker", "DELETE FROM mfa_authenticator") == "InsufficientPrivilege"
    assert tried(prefix, "web", "DELETE FROM mfa_authenticator") == ""


@pytest.mark.parametrize(
    "statement",
    [
        *(f"DELETE FROM {table}" for table in KEPT if table not in REMOVED_BY_WEB),
        *(f"UPDATE {table} SET id = id" for table in ONLY_ADDED),
    ],
)
def test_web_removes_and_changes_nothing_that_no_page_does(prefix, statement):
    assert tried(prefix, "web", statement) == "InsufficientPrivilege"


def test_a_worker_ends_proposals_and_tells_of_delegations_with_its_role(prefix):
    unit = factories.UnitFactory()
    now = timezone.now()
    waiting = build_proposal(
        factories.UserFactory(),
        unit=unit,
        role=Role.APPROVER,
        title="",
        valid_from=timezone.localdate(),
        by=factories.person(Role.ADMINISTRATOR, unit.parent),
    )
    waiting.expires_at = now - timedelta(minutes=1)
    waiting.save()
    row = factories.delegation(
        unit,
        valid_from=timezone.localdate() - timedelta(days=2),
        valid_to=timezone.localdate() - timedelta(days=1),
    )

    with working_as(f"{prefix}_worker"):
        expire_pending_appointments()
        watch_delegations()

    waiting.refresh_from_db()
    row.refresh_from_db()
    assert (waiting.decision, row.end_notices) == ("expired", OVER)


def test_an_audit_reader_reads_the_record_and_nothing_else(prefix):
    record("unit.created", factories.UnitFactory())

    assert tried(prefix, "auditor", "SELECT * FROM audit_entry, audit_stream") == ""
    for table in ("accounts_user", "posts_post", "channels_channel", "accounts_session"):
        assert tried(prefix, "auditor", f"SELECT * FROM {table}") == "InsufficientPrivilege"
    assert (
        tried(prefix, "auditor", "INSERT INTO audit_entry DEFAULT VALUES")
        == "InsufficientPrivilege"
    )


def test_granting_again_changes_the_password_and_keeps_the_rights(prefix, monkeypatch):
    monkeypatch.setenv("POSTGRES_WEB_PASSWORD", "another")
    call_command("grant_roles", prefix=prefix)

    assert tried(prefix, "web", "SELECT 1 FROM posts_post") == ""
    assert tried(prefix, "web", "DELETE FROM audit_entry") == "InsufficientPrivilege"


@contextmanager
def working_as(role: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def test_an_officer_signs_in_and_drafts_with_the_role_of_web(prefix, client):
    factories.person(Role.OFFICER, username="nguyen.van.an")

    with working_as(f"{prefix}_web"):
        client.post(
            reverse("account_login"), {"login": "nguyen.van.an", "password": factories.PASSWORD}
        )
        page = client.get(reverse("posts:new")).context
        address = reverse("posts:edit", args=[page["post"].public_id]) + page["query"]
        client.post(address, {"version": 1, "title": "Cảnh giác", "act": "save"})

    actions = list(Entry.objects.order_by("pk").values_list("action", flat=True))
    assert (actions, Post.objects.count()) == (["sign_in.succeeded", "post.started"], 1)


def test_a_worker_publishes_verifies_sweeps_and_signs_with_its_role(
    prefix, simulator, settings, tmp_path
):
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "checkpoints"
    channel = factories.connected(simulator, "facebook", factories.UnitFactory())
    delivery = factories.delivery(
        factories.approved(unit=channel.unit, channels=[channel]), channel
    )
    officer = factories.person(Role.OFFICER)
    blank = starting.start_draft(unit=officer.current_appointments[0].unit, by=officer)
    Post.objects.filter(pk=blank.pk).update(changed_at=timezone.now() - timedelta(days=2))

    with working_as(f"{prefix}_worker"):
        engine.publish_due(platform="facebook")
        tasks.reconcile_unknown()
        tasks.expire()
        retention.tasks.apply()
        make_checkpoint()

    delivery.refresh_from_db()
    assert (
        delivery.state,
        len(list((tmp_path / "checkpoints").iterdir())),
        verify_record().broken,
    ) == (
        State.PUBLISHED,
        1,
        None,
    )
    assert not Post.objects.filter(pk=blank.pk).exists()


def test_a_worker_removes_what_is_due_of_every_class_with_its_role(prefix):
    for make, kept in CASES.values():
        make(NOW - kept - timedelta(days=2))

    with working_as(f"{prefix}_worker"):
        done = apply_rules(clock=lambda: NOW)

    assert done.failed == []
    assert done.removed.keys() == CASES.keys()


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_no_role_revives_what_a_leader_withdrew(prefix, kind, simulator):
    channel = factories.connected(simulator, "facebook", factories.UnitFactory())
    post = factories.approved(unit=channel.unit, channels=[channel])
    leader = factories.person(Role.APPROVER, channel.unit)
    row = scheduling.schedule(post, by=leader)[0]
    recalling.withdraw(post, by=leader, reason="Sai số điện thoại", take_down=False)

    ended = f"revision_id = {row.revision_id} AND decision = 'ended'"
    assert tried(prefix, kind, f"DELETE FROM posts_review WHERE {ended}") == "InsufficientPrivilege"
    forget = f"DELETE FROM audit_entry WHERE object_id = '{row.public_id}'"
    assert tried(prefix, kind, forget) == "InsufficientPrivilege"
    assert [
        tried(prefix, kind, statement)
        for statement in (
            f"UPDATE posts_post SET state = 'approved', approved_revision_id = {row.revision_id}",
            "UPDATE publishing_delivery SET state = 'scheduled', error_code = ''",
        )
    ] == ["", ""]

    engine.publish_due(platform="facebook")

    assert simulator.truth(platform="facebook") == []
    row.refresh_from_db()
    assert (row.state, row.attempt) == (State.SCHEDULED, 0)
    assert "unrecorded" in {sign.kind for sign in take_measurement().signs}


@pytest.mark.parametrize("table", KEPT)
def test_a_worker_removes_nothing_of_the_record(prefix, table):
    assert tried(prefix, "worker", f"DELETE FROM {table}") == "InsufficientPrivilege"


def test_a_worker_carries_out_the_reset_of_a_factor_with_its_role(prefix):
    unit = factories.UnitFactory()
    first, second = (factories.person(Role.ADMINISTRATOR, unit.parent) for _ in range(2))
    person = factories.person(Role.APPROVER, unit)
    now = timezone.now()
    factories.factor_reset(person, asked_by=first, confirmed_by=second, due_at=now)

    with working_as(f"{prefix}_worker"):
        reset_factors()

    assert not Authenticator.objects.filter(user=person).exists()


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_no_role_reaches_counts_by_the_tables_of_their_months(prefix, kind):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'engagement_count'::regclass"
        )
        months = [table for (table,) in cursor.fetchall()]
    assert len(months) > 12
    for table in months:
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
            assert tried(prefix, kind, statement) == "InsufficientPrivilege"
    assert tried(prefix, kind, "SELECT * FROM engagement_count") == ""


def test_a_worker_makes_the_months_of_counts_and_web_does_not(prefix):
    assert tried(prefix, "worker", "SELECT make_count_months()") == ""
    assert tried(prefix, "web", "SELECT make_count_months()") == "InsufficientPrivilege"
