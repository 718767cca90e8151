"""Check channels once a day, and disconnect them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.connection.health import disconnect
from channels.models import Channel, PlatformAllowance
from channels.queries import account_of, row_name
from channels.states import Health
from channels.tasks import check_channels
from core import sealing
from core.errors import NotAllowed, Refused
from platforms.meta.facebook.connector import Facebook
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def zalo(simulator):
    """A Zalo channel whose access token is to be renewed now; it was issued yesterday."""
    channel = factories.connected(simulator, "zalo")
    secrets = sealing.unseal(channel.sealed, row=row_name(channel))
    secrets["issued_at"] = (timezone.now() - timedelta(days=1)).isoformat()
    channel.sealed = sealing.seal(secrets, row=row_name(channel))
    channel.refresh_at = timezone.now() - timedelta(minutes=1)
    channel.save()
    return channel


@pytest.fixture
def keeper():
    """The one whom a notice about a channel concerns."""
    return lambda channel: factories.person(Role.APPROVER, channel.unit)


def notices_of(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


def now(channel):
    channel.refresh_from_db()
    return channel


# --- the daily look -------------------------------------------------------------------------------


def test_the_daily_look_brings_name_and_followers_up_to_date(simulator):
    channels = [
        factories.connected(simulator, kind, followers=4321)
        for kind in ("facebook", "zalo", "telegram")
    ]
    PlatformAllowance.objects.create(
        unit=channels[2].unit.parent,
        platform="telegram",
        allowed_by=channels[2].connected_by,
        reason="Kế hoạch",
    )
    Channel.objects.update(name="Tên cũ")

    check_channels()

    assert [(now(c).name, c.followers, c.health) for c in channels] == [
        (c.unit.name, 4321, Health.CONNECTED) for c in channels
    ]


def test_the_look_stores_when_the_accounts_package_ends(simulator):
    account, page = (factories.connected(simulator, kind) for kind in ("zalo", "facebook"))
    until = timezone.localdate() + timedelta(days=5)
    simulator.settings(zalo_package_until=until.strftime("%d/%m/%Y"))

    check_channels()
    ends = timezone.localtime(now(account).package_ends_at)

    assert (ends.date(), ends.hour, now(page).package_ends_at) == (until, 23, None)

    simulator.settings(zalo_package_renewal=until.strftime("%d/%m/%Y"))
    Channel.objects.update(checked_at=None)
    check_channels()

    assert now(account).package_ends_at is None


def test_a_second_look_on_the_same_day_asks_nothing(simulator):
    factories.connected(simulator, "facebook")
    check_channels()
    asked = simulator.requests()["facebook"]

    check_channels()

    assert simulator.requests()["facebook"] == asked


def test_the_look_finds_what_was_lost_and_what_is_back(simulator, keeper):
    dead, back, fine = (factories.connected(simulator, "facebook") for _ in range(3))
    person = keeper(dead)
    simulator.kill_tokens("facebook", page=dead.external_id)
    Channel.objects.filter(pk=back.pk).update(health=Health.LOST, health_reason="checkpoint")

    check_channels()

    assert [now(c).health for c in (dead, back, fine)] == [
        Health.LOST,
        Health.CONNECTED,
        Health.CONNECTED,
    ]
    assert back.health_reason == ""
    assert notices_of(person) == ["channel_lost"]


def test_a_platform_that_is_away_disconnects_nobody(simulator):
    channel = factories.connected(simulator, "facebook")
    simulator.fault("facebook", "error_before", times=0)

    check_channels()

    assert (now(channel).health, channel.checked_at) == (Health.CONNECTED, None)


def test_one_pages_odd_answer_costs_no_other_its_look(simulator, monkeypatch, caplog):
    odd, neighbour, elsewhere = (
        factories.connected(simulator, kind) for kind in ("facebook", "facebook", "zalo")
    )
    profile = Facebook.read_profile

    async def without_a_name(connector, account):
        if account.external_id == odd.external_id:
            raise KeyError("name")
        return await profile(connector, account)

    monkeypatch.setattr(Facebook, "read_profile", without_a_name)

    check_channels()

    assert [bool(now(channel).checked_at) for channel in (odd, neighbour, elsewhere)] == [
        False,
        True,
        True,
    ]
    (line,) = caplog.messages
    assert odd.health == Health.CONNECTED
    assert line.startswith("unexpected KeyError while calling facebook: ")
    assert "without_a_name (test_health.py:" in line


def test_credentials_that_do_not_open_are_a_lost_channel(simulator):
    channel = factories.connected(simulator, "facebook")
    Channel.objects.update(sealed=sealing.seal({"token": "t"}, row="channel:another"))

    check_channels()

    assert now(channel).health == Health.LOST


# --- disconnecting --------------------------------------------------------------------------------


def test_disconnecting_destroys_the_credentials_and_keeps_the_row(keeper):
    channel = factories.ChannelFactory()
    person = keeper(channel)

    disconnect(channel, by=person, reason="Trang đã đóng")

    assert (now(channel).health, bytes(channel.sealed)) == (Health.DISCONNECTED, b"")
    with pytest.raises(sealing.Unsealable):
        account_of(channel)
    entry = Entry.objects.get(action="channel.disconnected")
    assert (entry.actor_id, entry.reason) == (person.pk, "Trang đã đóng")


def test_disconnecting_needs_a_reason_the_right_and_a_connection(keeper):
    channel = factories.ChannelFactory()
    person, officer = keeper(channel), factories.person(Role.OFFICER, channel.unit)

    with pytest.raises(Refused):
        disconnect(channel, by=person, reason="  ")
    with pytest.raises(NotAllowed):
        disconnect(channel, by=officer, reason="Trang đã đóng")
    disconnect(channel, by=person, reason="Trang đã đóng")
    with pytest.raises(Refused):
        disconnect(channel, by=person, reason="Trang đã đóng")
