"""The circuit breaker: a platform that does not answer is left alone for a while, and one that is back is believed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from channels.connectors.base import OutcomeUnknown, Receipt, Rejected
from publishing import engine, gates
from publishing.models import Gate

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return engine.Run("telegram", timezone.now)


def silence():
    error = OutcomeUnknown("no answer")
    error.silent = True
    return error


def hear(run, *answers):
    run._heard([(SimpleNamespace(channel_id=page, account=None), answer) for page, answer in enumerate(answers)])


def is_shut():
    return gates.WHOLE in gates.shut("telegram", timezone.now())


def test_many_calls_on_several_pages_without_an_answer_open_it(run):
    hear(run, *[silence()] * (gates.FAILURES - 1))
    assert not is_shut()

    hear(run, silence())
    assert is_shut()


def test_one_page_that_never_answers_does_not(run):
    for _ in range(gates.FAILURES * 2):
        hear(run, silence())

    assert not is_shut()


@pytest.mark.parametrize("answer", [Receipt("1"), Rejected("too long")], ids=["published", "refused"])
def test_an_answer_in_between_begins_the_count_anew(run, answer):
    hear(run, *[silence()] * (gates.FAILURES - 1))
    hear(run, answer)
    hear(run, *[silence()] * (gates.FAILURES - 1))

    assert not is_shut()


def tried(run):
    """It was open, and its time is over: probes are under way."""
    hear(run, *[silence()] * gates.FAILURES)
    Gate.objects.update(opens_at=timezone.now() - timedelta(seconds=1))


def test_probes_without_any_answer_double_the_wait(run):
    tried(run)

    hear(run, silence(), silence())

    assert is_shut()
    assert Gate.objects.get(key=gates.WHOLE).failures == 2


@pytest.mark.parametrize("last", [0, 1], ids=["answered first", "answered last"])
def test_one_probe_that_got_through_closes_it_whichever_came_last(run, last):
    tried(run)
    probes = [silence(), silence()]
    probes.insert(2 * last, Receipt("1"))

    hear(run, *probes)

    assert not is_shut()
    assert not gates.is_on_trial("telegram")
