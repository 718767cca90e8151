"""Allow a platform that is off at first, and take that back."""

import pytest
from django.core import mail

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.allowances.allowing import allow, forbid
from channels.connection.health import mark_lost
from channels.queries import is_allowed
from channels.states import Health
from channels.tasks import check_channels
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keeper():
    """The one whom a notice about a channel concerns."""
    return lambda channel: factories.person(Role.APPROVER, channel.unit)


def notices_of(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


def now(channel):
    channel.refresh_from_db()
    return channel


# --- allowances -----------------------------------------------------------------------------------


def test_a_province_allows_telegram_for_its_own_units_alone(simulator):
    unit, elsewhere = factories.UnitFactory(), factories.UnitFactory()
    overseer = factories.person(Role.OVERSEER, unit.parent)

    allow("telegram", province=unit.parent, by=overseer, reason="Kế hoạch 12")

    assert (is_allowed("telegram", unit=unit), is_allowed("telegram", unit=elsewhere)) == (
        True,
        False,
    )
    assert [e.action for e in Entry.objects.all()] == ["platform.allowed"]
    with pytest.raises(NotAllowed):
        allow("telegram", province=elsewhere.parent, by=overseer, reason="Kế hoạch 12")
    with pytest.raises(Refused):
        allow("facebook", province=unit.parent, by=overseer, reason="Kế hoạch 12")


def test_what_is_forbidden_again_rests_until_it_is_allowed_again(simulator):
    channel = factories.connected(simulator, "telegram")
    province = channel.unit.parent
    overseer = factories.person(Role.OVERSEER, province)
    allow("telegram", province=province, by=overseer, reason="Kế hoạch 12")

    forbid("telegram", province=province, by=overseer, reason="Kế hoạch 13")
    check_channels()
    between = now(channel).health
    allow("telegram", province=province, by=overseer, reason="Kế hoạch 14")
    check_channels()

    assert (between, now(channel).health) == (Health.LOST, Health.CONNECTED)


def test_a_notice_of_a_lost_channel_names_no_secret(keeper, django_capture_on_commit_callbacks):
    channel = factories.ChannelFactory(secrets={"token": "EAAP-secret"})
    keeper(channel)

    mark_lost(channel)

    text = "".join(f"{n.facts}{n.address}" for n in Notice.objects.all()) + "".join(
        m.body for m in mail.outbox
    )
    assert "EAAP" not in text
