import os
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
# What a worker never adds: people, their factors and posts, and what they decided. It may change
# what it finds.
OF_PEOPLE = (
    "accounts_user",
    "accounts_appointment",
    "accounts_invitation",
    "account_emailaddress",
    "mfa_authenticator",
    "posts_review",
    "posts_signature",
    "posts_signedlist",
    "engagement_reportapproval",
)
# What a worker never removes: the record, and what it hangs on. Retention removes the rest
# (retention/classes.py).
KEPT = (
    *(
        "accounts_user",
        "accounts_appointment",
        "accounts_waiver",
        "accounts_delegation",
        "accounts_factordate",
        "audit_stream",
    ),
    *("units_unit", "units_formername", "units_unitfacts"),
    *("links_link", "links_clickcount"),
    *("campaigns_topic", "campaigns_topicrule", "campaigns_campaign"),
    "campaigns_publicsummary",
    *("campaigns_kit", "campaigns_kitversion", "campaigns_passing", "campaigns_adoption"),
    "campaigns_partner",
    *("channels_channel", "channels_platformallowance", "channels_foreignpost"),
    "channels_pagechange",
    *("posts_reading", "posts_template", "posts_snippet"),
    *("posts_thread", "posts_comment", "posts_alloweditem", "posts_ruleswitch"),
    *(
        "publishing_pause",
        "publishing_recall",
        "publishing_series",
        "publishing_delivery",
        "publishing_broadcast",
        "publishing_attempt",
    ),
    *("publishing_freeze", "publishing_alarm", "retention_hold"),
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
        "engagement_deskallowance",
        "engagement_report",
        "engagement_reportfile",
    ),
    "engagement_commentcount",
    "oversight_matter",
)
IDENTITY = (
    "pg_control_system()",
    "pg_walfile_name(pg_lsn)",
    "pg_current_wal_lsn()",
)  # publishing/models/database_identity.py

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
        if connection.vendor != "postgresql":
            raise CommandError("Roles are PostgreSQL's; this installation uses another database.")
        with transaction.atomic(), connection.cursor() as cursor:
            for kind in ("web", "worker", "auditor"):
                name = f"POSTGRES_{kind.upper()}_PASSWORD"
                if not os.environ.get(name):
                    raise CommandError(f"{name} is not set.")
                _make(cursor, f"{prefix}_{kind}", os.environ[name])
            cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            for kind in ("web", "worker"):
                _grant_work(cursor, f"{prefix}_{kind}")
            _run(
                cursor,
                "REVOKE INSERT ON {tables} FROM {role}",
                f"{prefix}_worker",
                tables=OF_PEOPLE,
            )
            _run(cursor, "REVOKE DELETE ON {tables} FROM {role}", f"{prefix}_worker", tables=KEPT)
            for function in OF_COUNTS:
                _run(
                    cursor, f"GRANT EXECUTE ON FUNCTION {function} TO {{role}}", f"{prefix}_worker"
                )
            readable = ("audit_entry", "audit_stream")
            _run(cursor, "GRANT SELECT ON {tables} TO {role}", f"{prefix}_auditor", tables=readable)
        self.stdout.write(f"Granted: {prefix}_web, {prefix}_worker, {prefix}_auditor")


def _make(cursor: Any, role: str, password: str) -> None:
    """Create the role, or revoke all its rights in this database, so that one
    dropped here is gone.
    """
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        _run(cursor, "CREATE ROLE {role}", role)
    _run(
        cursor,
        "ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
        role,
    )
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
    # What a whole table forbids, its parts must not allow.
    cursor.execute("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    for (partition,) in cursor.fetchall():
        _run(cursor, "REVOKE ALL ON {tables} FROM {role}", role, tables=(partition,))
    _run(cursor, "REVOKE INSERT, DELETE ON {tables} FROM {role}", role, tables=("audit_stream",))
    _run(
        cursor,
        "REVOKE INSERT, UPDATE, DELETE ON {tables} FROM {role}",
        role,
        tables=("django_migrations",),
    )
    for function in IDENTITY:
        _run(cursor, f"GRANT EXECUTE ON FUNCTION {function} TO {{role}}", role)


def _run(cursor: Any, statement: str, role: str, tables: tuple[str, ...] = ()) -> None:
    quote = connection.ops.quote_name
    cursor.execute(
        statement.format(role=quote(role), tables=", ".join(quote(table) for table in tables))
    )
