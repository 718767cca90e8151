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
from accounts.permissions import Role
from accounts.tasks import reset_factors
from audit.models import Entry
from audit.services import record
from audit.tasks import make_checkpoint
from audit.verification import verify_record
from core.management.commands.grant_roles import APPEND_ONLY, KEPT
from posts.models import Post
from posts.origins import services as origins
from publishing import tasks
from publishing.engine import worker as engine
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
    blank = origins.start_draft(unit=officer.current_appointments[0].unit, by=officer)
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
    month = f"engagement_count_{timezone.localdate().year + 1}_01"
    for table in ("engagement_count_first", month):
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
            assert tried(prefix, kind, statement) == "InsufficientPrivilege"
    assert tried(prefix, kind, "SELECT * FROM engagement_count") == ""


def test_a_worker_makes_the_months_of_counts_and_web_does_not(prefix):
    assert tried(prefix, "worker", "SELECT make_count_months()") == ""
    assert tried(prefix, "web", "SELECT make_count_months()") == "InsufficientPrivilege"
