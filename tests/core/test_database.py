"""A connection to PostgreSQL is set up for short statements."""

import threading

import pytest
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from core import quotas
from core.middleware import SayWhenToTryAgain
from core.models import QuotaUse


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


@pytest.mark.true_clock
@pytest.mark.django_db(transaction=True)
def test_a_row_that_others_hold_for_long_is_answered_503_not_500():
    quotas.spend("draft:1", limit=9, seconds=60)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            QuotaUse.objects.update(used=2)
            held.set()
            done.wait(60)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(30)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 10")
            with pytest.raises(OperationalError) as gave_up, transaction.atomic():
                QuotaUse.objects.update(used=3)
    finally:
        done.set()
        other.join()

    middleware = SayWhenToTryAgain(lambda _request: HttpResponse())
    answer = middleware.process_exception(RequestFactory().get("/"), gave_up.value)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
