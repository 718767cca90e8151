from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from posts.states import PostState
from publishing.deliveries.queries import deliveries_of, live_channels
from publishing.post_page.queries import record_of
from publishing.review.queries import last_approved_revision, posts_in_review, posts_to_review
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


def test_what_is_to_review_passes_over_what_the_leader_wrote_or_edited():
    unit = factories.UnitFactory()
    leader = factories.person(Role.APPROVER, unit)
    factories.submitted(unit=unit, author=leader)
    factories.submitted(unit=unit, last_editor=leader)
    other = factories.submitted(unit=unit)

    assert posts_to_review(leader).get() == other


def test_an_appointment_that_has_ended_gives_no_queue():
    unit = factories.UnitFactory()
    leader = factories.person(Role.APPROVER, unit)
    leader.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))
    factories.submitted(unit=unit)

    assert list(posts_in_review(leader)) == []


def test_last_approved_is_the_newest_approved_revision_before_the_current_one():
    post = factories.approved()
    first = post.approved_revision
    post.state, post.approved_revision, post.title = PostState.DRAFT, None, "Bản hai"
    post = factories.submitted(post)

    assert last_approved_revision(post) == first
    assert last_approved_revision(factories.submitted()) is None


def test_live_channels_are_those_whose_delivery_has_not_ended():
    unit = factories.UnitFactory()
    ended, waiting = (factories.ChannelFactory(unit=unit) for _ in range(2))
    post = factories.approved(unit=unit, channels=[ended, waiting])
    factories.delivery(post, ended, state=State.EXPIRED)
    factories.delivery(post, waiting)

    assert live_channels(post) == {waiting.pk}


def test_the_record_of_a_post_holds_its_own_lines_and_its_deliveries_and_no_others():
    from publishing.scheduling import scheduling

    unit = factories.UnitFactory()
    leader = factories.person(Role.APPROVER, unit)
    post, other = factories.approved(unit=unit), factories.approved(unit=unit)
    for one in (post, other):
        scheduling.schedule(one, by=leader, due_at=timezone.now() + timedelta(days=1))

    record = record_of(post, deliveries_of(post), leader)

    assert [(entry.action, channel) for entry, channel in record] == [
        ("delivery.scheduled", post.deliveries.get().channel)
    ]
