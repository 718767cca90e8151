"""The circuit breaker: a platform that does not answer is left alone for a while, and one that is
back is believed.
"""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from platforms.errors import OutcomeUnknown, Rejected
from platforms.messages import Receipt
from publishing.engine import rate_limits
from publishing.models import RateLimit

pytestmark = pytest.mark.django_db


@pytest.fixture
def monitor():
    return rate_limits.AnswerMonitor("telegram")


def silence():
    error = OutcomeUnknown("no answer")
    error.silent = True
    return error


def record(monitor, *answers):
    called = [SimpleNamespace(channel_id=page, account=None) for page in range(len(answers))]
    monitor.record(list(zip(called, answers, strict=True)), timezone.now())


def is_open():
    return rate_limits.BREAKER in rate_limits.closed_limits("telegram", timezone.now())


def test_many_calls_on_several_pages_without_an_answer_open_it(monitor):
    record(monitor, *[silence()] * (rate_limits.FAILURES - 1))
    assert not is_open()

    record(monitor, silence())
    assert is_open()


def test_one_page_that_never_answers_does_not(monitor):
    for _ in range(rate_limits.FAILURES * 2):
        record(monitor, silence())

    assert not is_open()


@pytest.mark.parametrize(
    "answer", [Receipt("1"), Rejected("too long")], ids=["published", "refused"]
)
def test_an_answer_in_between_begins_the_count_anew(monitor, answer):
    record(monitor, *[silence()] * (rate_limits.FAILURES - 1))
    record(monitor, answer)
    record(monitor, *[silence()] * (rate_limits.FAILURES - 1))

    assert not is_open()


def tried(monitor):
    """Open the breaker and end its time: probes are under way."""
    record(monitor, *[silence()] * rate_limits.FAILURES)
    RateLimit.objects.update(opens_at=timezone.now() - timedelta(seconds=1))


def test_probes_without_any_answer_double_the_wait(monitor):
    tried(monitor)

    record(monitor, silence(), silence())

    assert is_open()
    assert RateLimit.objects.get(key=rate_limits.BREAKER).failures == 2


@pytest.mark.parametrize("last", [0, 1], ids=["answered first", "answered last"])
def test_one_probe_that_got_through_closes_it_whichever_came_last(monitor, last):
    tried(monitor)
    probes = [silence(), silence()]
    probes.insert(2 * last, Receipt("1"))

    record(monitor, *probes)

    assert not is_open()
    assert not rate_limits.is_half_open("telegram")
