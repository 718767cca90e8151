"""A connection to PostgreSQL is set up for short statements."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_a_short_statement_is_run_without_being_compiled_first():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # as the claim of posts does: it seems costly
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT n FROM generate_series(1, 9) AS n ORDER BY -n"
        )
        ((plan,),) = cursor.fetchone()

    assert plan["Plan"]["Node Type"] == "Sort"
    assert "JIT" not in plan
