from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from core.errors import Busy
from core.middleware import SayWhenToTryAgain
from core.models import QuotaUse
from core.quotas import QuotaExceeded, spend
from retention.services import apply_rules

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # 12:00 in Viet Nam, on any clock


def test_one_more_than_the_limit_is_refused_until_the_window_ends():
    with time_machine.travel(NOON, tick=False):
        for _use in range(3):
            spend("draft:7", limit=3, seconds=3600)
        with pytest.raises(QuotaExceeded, match="Try again after 13:00") as refused:
            spend("draft:7", limit=3, seconds=3600)
        spend("draft:8", limit=3, seconds=3600)

    assert refused.value.again_at == NOON + timedelta(hours=1)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        spend("draft:7", limit=3, seconds=3600)


def test_a_days_window_ends_at_midnight_in_viet_nam_and_names_the_day():
    with time_machine.travel(NOON, tick=False):
        spend("draft:7", limit=1, seconds=86400)
        with pytest.raises(QuotaExceeded, match="Try again after 00:00 27/11/2026") as refused:
            spend("draft:7", limit=1, seconds=86400)

    assert refused.value.again_at == datetime(2026, 11, 26, 17, 0, tzinfo=UTC)


def test_a_short_window_is_named_by_the_minute_in_which_it_is_surely_over():
    with time_machine.travel(NOON + timedelta(seconds=5), tick=False):
        spend("save:7", limit=1, seconds=10)
        with pytest.raises(QuotaExceeded, match="Try again after 12:01"):
            spend("save:7", limit=1, seconds=10)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_the_limit_passes():
    def passes(_number: int) -> bool:
        try:
            spend("upload:7", limit=5, seconds=86400)
        except QuotaExceeded:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(passes, range(16)))

    assert passed.count(True) == 5


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_after_it_was_counted_stays_counted():
    spend("export:7", limit=1, seconds=86400)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _ = 1 / 0
    with pytest.raises(QuotaExceeded):
        spend("export:7", limit=1, seconds=86400)


def test_windows_that_ended_a_day_ago_are_swept():
    now = timezone.now()
    QuotaUse.objects.create(key="old", ends_at=now - timedelta(days=1, seconds=60))
    QuotaUse.objects.create(key="new", ends_at=now - timedelta(hours=23))

    apply_rules(["quotas"])

    assert list(QuotaUse.objects.values_list("key", flat=True)) == ["new"]


# --- The answer where no page catches it ----------------------------------------------------------


def answered(error: Exception, **headers: str) -> HttpResponse:
    request = RequestFactory().get("/", headers=headers)
    return SayWhenToTryAgain(lambda _request: HttpResponse()).process_exception(request, error)


def exceeded() -> QuotaExceeded:
    return QuotaExceeded("Try again after 13:00.", again_at=NOON + timedelta(seconds=90))


@time_machine.travel(NOON, tick=False)
def test_a_person_is_answered_by_a_page_that_says_when(client):
    response = answered(exceeded())

    assert (response.status_code, response["Retry-After"]) == (429, "90")
    assert "Try again after 13:00." in response.content.decode()


@time_machine.travel(NOON, tick=False)
def test_a_script_is_answered_in_json():
    response = answered(exceeded(), accept="application/json")

    assert (response.status_code, response["Retry-After"]) == (429, "90")
    assert response.content == b'{"error": "Try again after 13:00."}'


def test_htmx_is_answered_by_a_toast_alone():
    response = answered(exceeded(), hx_request="true")

    assert response.content.decode().lstrip().startswith('<div class="portal-toast toast-warning"')


def test_a_busy_portal_is_503_and_says_for_how_long():
    response = answered(Busy("Others are at work.", retry_after=7))

    assert (response.status_code, response["Retry-After"]) == (503, "7")
    assert "The portal is busy" in response.content.decode()


def test_other_errors_pass():
    assert answered(OperationalError("the database is away")) is None
    assert answered(ZeroDivisionError()) is None
