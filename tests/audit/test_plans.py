import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_entries_of_a_province_are_found_by_the_beginning_of_their_path():
    """Whatever the collation: else its first page reads the entries of half of the country."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM audit_entry WHERE unit_path::text LIKE 'a/b/%%' LIMIT 9"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "audit_path_at" in plan
    assert "~>=~ 'a/b/'" in plan
