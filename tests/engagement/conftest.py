from datetime import timedelta

import pytest
from django.utils import timezone

from engagement.models import Measurement
from publishing.states import State
from tests import factories


@pytest.fixture
def publish():
    """A publication by rows: ``publish(unit=…, campaign=…, views=10, published_at=…)``."""

    def make(
        *,
        unit=None,
        channel=None,
        campaign=None,
        post=None,
        state=State.PUBLISHED,
        at=None,
        **figures,
    ):
        unit = unit or (channel.unit if channel else factories.UnitFactory())
        channel = channel or factories.ChannelFactory(unit=unit)
        if post is None:
            post = factories.PostFactory(unit=unit, channels=[channel], campaign=campaign)
            post = factories.approved(post)
        at = at or timezone.now() - timedelta(hours=1)
        delivery = factories.delivery(
            post,
            channel,
            state=state,
            due_at=at,
            published_at=at,
            remote_id=f"seen-{post.pk}-{channel.pk}",
        )
        if figures:
            Measurement.objects.create(
                delivery=delivery, taken_at=at + timedelta(minutes=5), **figures
            )
        return delivery

    return make
