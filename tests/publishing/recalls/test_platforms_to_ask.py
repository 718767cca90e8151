import pytest
from django.utils import timezone

from publishing.recalls.worker import platforms_to_recall_from
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


def test_platforms_are_named_once_that_have_a_recall_due_or_a_draft_left():
    now = timezone.now()
    due = [factories.delivery(state=State.RECALLING, verify_at=now) for _ in range(2)]
    assert {row.platform for row in due} == {"facebook"}
    channel = factories.ChannelFactory(platform="telegram")
    post = factories.approved(unit=channel.unit, channels=[channel])
    left = factories.delivery(post, channel, state=State.CANCELLED, draft_ref="d1")
    factories.delivery()  # scheduled: nothing to take down

    assert platforms_to_recall_from() == ["facebook", "telegram"]

    type(left).objects.filter(pk__in=[left.pk, *(row.pk for row in due)]).delete()
    assert platforms_to_recall_from() == []
