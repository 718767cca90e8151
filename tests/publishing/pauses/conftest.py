"""The tree of units that the tests of pauses share."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from campaigns.models import Topic
from publishing.models import Delivery, Pause
from tests import factories

HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


class World:
    """A commune with two pages in a province with a second commune, and another province."""

    def __init__(self):
        self.province = factories.ProvinceFactory()
        self.commune = factories.UnitFactory(parent=self.province)
        self.sibling = factories.UnitFactory(parent=self.province)
        self.top = factories.ministry()
        self.elsewhere = factories.ProvinceFactory()
        self.channel, self.second = (factories.ChannelFactory(unit=self.commune) for _ in range(2))
        self.topic = factories.topic()
        self.other_topic = Topic.objects.get_or_create(
            code="an_toan_giao_thong", defaults={"name_vi": "ATGT"}
        )[0]

    def delivery(self, *, urgent=False, **fields):
        post = factories.approved(
            unit=self.commune, channels=[self.channel], topic=self.topic, urgent=urgent
        )
        return factories.delivery(post, self.channel, **fields)


@pytest.fixture
def world(db):
    return World()


def ids(queryset):
    return set(queryset.values_list("pk", flat=True))


def fresh(row):
    """Load the row as a page or a worker reads it."""
    if isinstance(row, Pause):
        return Pause.objects.select_related("unit").get(pk=row.pk)
    return Delivery.objects.select_related("unit", "post", "channel").get(pk=row.pk)


SCOPES = {
    "the country": (lambda w: {"unit": w.top}, True),
    "its province": (lambda w: {"unit": w.province}, True),
    "another province": (lambda w: {"unit": w.elsewhere}, False),
    "its commune": (lambda w: {"unit": w.commune}, True),
    "the next commune": (lambda w: {"unit": w.sibling}, False),
    "its channel": (lambda w: {"unit": w.commune, "channel": w.channel}, True),
    "its channel, by the province": (lambda w: {"unit": w.province, "channel": w.channel}, True),
    "another channel of the commune": (lambda w: {"unit": w.commune, "channel": w.second}, False),
    "its topic in the country": (lambda w: {"unit": w.top, "topic": w.topic}, True),
    "its topic in another province": (lambda w: {"unit": w.elsewhere, "topic": w.topic}, False),
    "another topic in its commune": (lambda w: {"unit": w.commune, "topic": w.other_topic}, False),
    "its topic on its channel": (
        lambda w: {"unit": w.commune, "channel": w.channel, "topic": w.topic},
        True,
    ),
    "another topic on its channel": (
        lambda w: {"unit": w.commune, "channel": w.channel, "topic": w.other_topic},
        False,
    ),
}


MINUTE = timedelta(minutes=1)


def overseer(unit):
    return factories.person(Role.OVERSEER, unit)


def sign_in(client, role, unit):
    user = factories.person(role, unit, language="en")
    client.force_login(user)
    return user


def html(response):
    return " ".join(response.content.decode().split())


def filled(**fields):
    return {
        "channel": "",
        "topic": "",
        "reason": "Xác minh sự cố",
        "when": "now",
        "starts_at": "",
        "ends_at": "",
        **fields,
    }


def at(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")
