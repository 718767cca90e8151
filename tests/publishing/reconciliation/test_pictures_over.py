"""A picture whose last day passes stops what is scheduled and shows it; the unit is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core.errors import Refused
from media.models import Media
from publishing.models import Delivery
from publishing.reconciliation.expiry import expire
from publishing.scheduling.scheduling import schedule
from publishing.states import Reason, State
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def media(unit):
    return factories.media(unit)


@pytest.fixture
def post(unit, media):
    return factories.approved(factories.PostFactory(unit=unit, media=[media]))


def until(media: Media, day) -> None:
    Media.objects.filter(pk=media.pk).update(expires_on=day)


@pytest.mark.parametrize("days", [None, 0, -1], ids=["no_end", "last_day", "over"])
def test_the_engine_may_send_on_the_last_day_and_not_after_it(post, media, days):
    delivery = factories.delivery(post)
    other = factories.delivery(factories.approved(unit=post.unit))
    until(media, days if days is None else TODAY + timedelta(days=days))

    sendable = set(Delivery.objects.sendable(timezone.now()))

    assert sendable == ({other} if days == -1 else {delivery, other})


def test_what_shows_a_picture_that_is_over_ends_and_its_unit_is_told_why(post, media):
    delivery = factories.delivery(post, due_at=timezone.now() + timedelta(hours=1))
    other = factories.delivery(
        factories.approved(unit=post.unit), due_at=timezone.now() + timedelta(hours=1)
    )
    leader = factories.person(Role.APPROVER, post.unit)
    until(media, TODAY - timedelta(days=1))

    assert expire() == 1

    delivery.refresh_from_db()
    other.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.EXPIRED, Reason.EXPIRED)
    assert other.state == State.SCHEDULED
    notice = Notice.objects.get(user=leader, kind="picture_over")
    assert notice.facts["day"] == f"{TODAY - timedelta(days=1):%d/%m/%Y}"
    assert not Notice.objects.filter(kind="delivery_expired").exists()


def test_nothing_is_scheduled_after_the_last_day_of_its_picture(post, media):
    approver = factories.person(Role.APPROVER, post.unit)
    until(media, TODAY + timedelta(days=2))

    with pytest.raises(Refused, match=f"{TODAY + timedelta(days=2):%d/%m/%Y}"):
        schedule(post, by=approver, due_at=timezone.now() + timedelta(days=4))
    schedule(post, by=approver, due_at=timezone.now() + timedelta(days=1))

    assert Delivery.objects.get().state == State.SCHEDULED
