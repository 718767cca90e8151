"""The pages are asked what they show before publishing is released."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from publishing.freeze import freezing
from publishing.models import Delivery, Freeze
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_installation_is_not_frozen():
    assert Freeze.objects.count() == 0
    assert freezing.may_publish() is True
    assert freezing.may_publish() is True


def test_the_question_costs_one_query():
    freezing.check_database()
    with CaptureQueriesContext(connection) as queries:
        freezing.may_publish()
    assert len(queries) == 1


def test_the_page_is_read_from_the_last_moment_that_the_database_knows(restored):
    now = timezone.now()
    known = now - timedelta(hours=2)
    early = factories.delivery(due_at=now - timedelta(hours=3))
    due = factories.delivery(due_at=now - timedelta(hours=1))
    planned = factories.delivery(due_at=now + timedelta(days=2))
    restored(known)
    freezing.mark_unknown_after_restore()
    for row, since in [(early, early.due_at), (due, known), (planned, known)]:
        row.refresh_from_db()
        assert (row.state, row.committing_at) == (State.VERIFYING, since)


@pytest.mark.parametrize("state", ["published", "by_hand", "needs_person", "cancelled", "failed"])
def test_what_nobody_would_send_is_left_alone(restored, state):
    known = {"remote_id": "1", "published_at": timezone.now()} if state == "published" else {}
    delivery = factories.delivery(state=state, **known)
    restored()
    freezing.mark_unknown_after_restore()
    delivery.refresh_from_db()
    assert delivery.state == state


def test_unknown_outcomes_are_raised_once_and_not_over_again(restored):
    delivery = factories.delivery()
    restored()
    freezing.mark_unknown_after_restore()
    Delivery.objects.update(**factories.in_state(State.SCHEDULED, verify_at=None))
    freezing.mark_unknown_after_restore()
    freezing._mark_unknown_now(timezone.now)  # a worker that saw the same and waited
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED


def test_reading_back_is_done_when_nothing_unknown_is_left(restored):
    factories.delivery()
    restored()
    freezing.note_pages_read_back()
    assert Freeze.objects.get().read_back_at is None
    Delivery.objects.update(**factories.in_state(State.SCHEDULED, verify_at=None))
    freezing.note_pages_read_back()
    assert Freeze.objects.get().read_back_at is not None
