import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

# They only grow, for whichever role: their triggers say the same.
APPEND_ONLY = (
    *(
        "audit_entry",
        "posts_revision",
        "posts_revisionmedia",
        "posts_review",
        "posts_signature",
        "posts_signedlist",
        "campaigns_campaignresult",
    ),
    "oversight_matternote",
    *("engagement_reportform", "engagement_reportfigures", "engagement_reportapproval"),
)
# Who may do what, and by which proof they sign in: a worker adds nothing here, and changes these
# columns alone. A column that says nothing of a right is there because PostgreSQL lets nobody lock
# a row of which they may change none. A trigger says what a worker may write into an account, and
# whose factors it may delete (accounts/migrations/triggers.sql).
OF_PEOPLE: dict[str, tuple[str, ...]] = {
    "accounts_user": (  # of somebody who left (accounts/people/leavers.py)
        *("full_name", "username", "email", "password", "search"),
        *("is_active", "last_login", "pseudonymised_at", "open_folds", "saved_views"),
    ),
    "accounts_appointment": (),
    "accounts_waiver": (),
    "accounts_pendingappointment": ("decision", "decided_by_id", "decided_at", "reason"),
    "accounts_pendingappointment_replaces": (),
    "accounts_delegation": ("end_notices",),
    "accounts_systemchange": (),
    "accounts_invitation": ("withdrawn_at",),
    "accounts_peopleimport": ("created_at",),
    "accounts_factordate": (),
    "accounts_factorreset": ("done_at", "stopped_at"),
    "accounts_session": ("expire_date",),
    "accounts_breakglassaccount": (),
    "accounts_ministryidentity": (),
    "accounts_ministryrequest": ("asked_at",),
    "accounts_claimmapping": (),
    "account_emailaddress": (),
    "account_emailconfirmation": ("sent",),
    "mfa_authenticator": (),
    "units_unit": ("search",),
    "units_formername": (),
    "units_unitfacts": (),
    "engagement_replyphrase": (),
    "engagement_replyrelease": (),
}
# What people decided: a worker adds none, and nobody changes any (see APPEND_ONLY).
DECIDED = ("posts_review", "posts_signature", "posts_signedlist", "engagement_reportapproval")
# What a worker never removes: the record, and what it hangs on. Retention removes the rest
# (retention/classes.py).
KEPT = (
    *(
        "accounts_user",
        "accounts_appointment",
        "accounts_waiver",
        "accounts_delegation",
        "accounts_factordate",
        "accounts_systemchange",
        "audit_stream",
    ),
    *("units_unit", "units_formername", "units_unitfacts"),
    *("links_link", "links_clickcount"),
    *("campaigns_topic", "campaigns_topicrule", "campaigns_campaign"),
    "campaigns_publicsummary",
    *("campaigns_kit", "campaigns_kitversion", "campaigns_passing", "campaigns_adoption"),
    "campaigns_partner",
    *("channels_channel", "channels_platformallowance", "channels_unrecognisedpost"),
    "channels_pagechange",
    *("posts_reading", "posts_template"),
    *("posts_thread", "posts_comment", "posts_alloweditem", "posts_ruleswitch"),
    *(
        "publishing_pause",
        "publishing_recall",
        "publishing_series",
        "publishing_delivery",
        "publishing_broadcast",
        "publishing_attempt",
    ),
    *("core_installation", "publishing_freeze", "operations_alarm", "retention_hold"),
    *(
        "engagement_boardnote",
        "engagement_example",
        "engagement_examplepost",
        "engagement_exampleuse",
        "engagement_count",
        "engagement_measurement",
        "engagement_followercount",
        "engagement_pagecount",
        "engagement_pagecorrection",
        "engagement_pagelook",
        "engagement_replyallowance",
        "engagement_replyphrase",
        "engagement_replyrelease",
        "engagement_report",
        "engagement_reportfile",
    ),
    "engagement_commentcount",
    "oversight_matter",
)
# Of these, what people remove by a page or a command with web's role.
REMOVED_BY_WEB = frozenset(
    {
        "accounts_appointment",
        "campaigns_topic",
        "channels_platformallowance",
        "engagement_replyallowance",
        "retention_hold",
    }
)
# What web adds and never changes.
ONLY_ADDED = ("accounts_waiver", "accounts_factordate", "units_formername")
IDENTITY = (
    "pg_control_system()",
    "pg_walfile_name(pg_lsn)",
    "pg_current_wal_lsn()",
)  # publishing/models/database_identity.py

_NOTHING_MORE = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
# Of the owner: the one way to remove counts, and to make their partitions (engagement/rollups).
OF_COUNTS = ("thin_counts(date)", "make_count_months()")


class Command(BaseCommand):
    help = (
        "Makes the database roles of web, workers and audit readers and gives each what it needs. "
        "Run by the owner after every migrate; safe to repeat. Passwords: POSTGRES_WEB_PASSWORD, "
        "POSTGRES_WORKER_PASSWORD, POSTGRES_AUDITOR_PASSWORD."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        prefix = os.environ.get("POSTGRES_ROLE_PREFIX", "portal")
        parser.add_argument(
            "--prefix", default=prefix, help="roles are named <prefix>_web, _worker and _auditor"
        )

    def handle(self, *_: object, prefix: str, **__: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for kind in ("web", "worker", "auditor"):
                name = f"POSTGRES_{kind.upper()}_PASSWORD"
                _make(cursor, f"{prefix}_{kind}", _read_password(name))
            cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            for kind in ("web", "worker"):
                _grant_work(cursor, f"{prefix}_{kind}")
            _narrow_worker(cursor, f"{prefix}_worker")
            _narrow_web(cursor, f"{prefix}_web")
            for function in OF_COUNTS:
                _run(
                    cursor, f"GRANT EXECUTE ON FUNCTION {function} TO {{role}}", f"{prefix}_worker"
                )
            readable = ("audit_entry", "audit_stream")
            _run(cursor, "GRANT SELECT ON {tables} TO {role}", f"{prefix}_auditor", tables=readable)
        self.stdout.write(f"Granted: {prefix}_web, {prefix}_worker, {prefix}_auditor")


def _read_password(name: str) -> str:
    """Return the password in the environment, or in the file that ``NAME_FILE`` names there."""
    file = os.environ.get(f"{name}_FILE")
    password = Path(file).read_text().rstrip("\r\n") if file else os.environ.get(name)
    if not password:
        raise CommandError(f"{name} is not set.")
    return password


def _make(cursor: Any, role: str, password: str) -> None:
    """Create the role, or revoke all its rights in this database, so that one
    dropped here is gone.
    """
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        _run(cursor, "CREATE ROLE {role}", role)
    cursor.execute(
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls "
        "FROM pg_roles WHERE rolname = %s",
        [role],
    )
    # Only where there is something to take away: an owner who is no superuser may not even say so.
    if cursor.fetchone()[0]:
        _run(cursor, f"ALTER ROLE {{role}} {_NOTHING_MORE}", role)
    _run(cursor, "ALTER ROLE {role} LOGIN", role)
    quoted = connection.ops.quote_name(role)
    cursor.execute(f"ALTER ROLE {quoted} PASSWORD %s", [password])
    _run(cursor, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", role)
    _run(cursor, "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}", role)
    _run(cursor, "GRANT USAGE ON SCHEMA public TO {role}", role)


def _grant_work(cursor: Any, role: str) -> None:
    _run(
        cursor,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        role,
    )
    _run(cursor, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}", role)
    _run(cursor, "REVOKE UPDATE, DELETE ON {tables} FROM {role}", role, tables=APPEND_ONLY)
    # A partition must not allow what its table forbids.
    cursor.execute("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    for (partition,) in cursor.fetchall():
        _run(cursor, "REVOKE ALL ON {tables} FROM {role}", role, tables=(partition,))
    _run(cursor, "REVOKE INSERT, DELETE ON {tables} FROM {role}", role, tables=("audit_stream",))
    _run(
        cursor,
        "REVOKE INSERT, UPDATE, DELETE ON {tables} FROM {role}",
        role,
        tables=("django_migrations", "core_installation"),
    )
    for function in IDENTITY:  # of the server: who may not give it away leaves it as it is
        cursor.execute("SELECT has_function_privilege(%s, 'EXECUTE WITH GRANT OPTION')", [function])
        if cursor.fetchone()[0]:
            _run(cursor, f"GRANT EXECUTE ON FUNCTION {function} TO {{role}}", role)


def _narrow_worker(cursor: Any, role: str) -> None:
    _run(cursor, "REVOKE INSERT ON {tables} FROM {role}", role, tables=(*OF_PEOPLE, *DECIDED))
    _run(cursor, "REVOKE UPDATE ON {tables} FROM {role}", role, tables=tuple(OF_PEOPLE))
    for table, columns in OF_PEOPLE.items():
        if columns:
            listed = ", ".join(connection.ops.quote_name(column) for column in columns)
            _run(cursor, f"GRANT UPDATE ({listed}) ON {{tables}} TO {{role}}", role, (table,))
    _run(cursor, "REVOKE DELETE ON {tables} FROM {role}", role, tables=KEPT)


def _narrow_web(cursor: Any, role: str) -> None:
    kept = tuple(table for table in KEPT if table not in REMOVED_BY_WEB)
    _run(cursor, "REVOKE DELETE ON {tables} FROM {role}", role, tables=kept)
    _run(cursor, "REVOKE UPDATE ON {tables} FROM {role}", role, tables=ONLY_ADDED)


def _run(cursor: Any, statement: str, role: str, tables: tuple[str, ...] = ()) -> None:
    quote = connection.ops.quote_name
    cursor.execute(
        statement.format(role=quote(role), tables=", ".join(quote(table) for table in tables))
    )
