"""Tables that only grow refuse to be emptied, too."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.services import record
from core.management.commands.grant_roles import APPEND_ONLY
from tests import factories

pytestmark = pytest.mark.django_db
TABLES = APPEND_ONLY


@pytest.mark.parametrize("table", TABLES)
def test_an_append_only_table_refuses_to_be_truncated(table):
    record("unit.created", factories.UnitFactory())

    with (
        pytest.raises(DatabaseError, match=f"{table} is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", TABLES)
def test_an_append_only_table_keeps_its_triggers_through_all_migrations(table):
    listed = (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal "
        "AND tgenabled = 'O'"
    )
    with connection.cursor() as cursor:
        cursor.execute(listed, [table])
        found = {name for (name,) in cursor.fetchall()}

    own = {
        "audit_entry_linked",
        "posts_review_four_eyes",
        "posts_review_second_eyes",
        "posts_revision_note_media",
    }
    assert found - own == {f"{table}_append_only", f"{table}_no_truncate"}
